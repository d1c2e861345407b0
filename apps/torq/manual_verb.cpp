// SPDX-License-Identifier: MIT
// torq manual: hidden; writes the manual pages into a folder, for whoever installs torq.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "apps/torq/manual.hpp"
#include "apps/torq/verb.hpp"

namespace torq::app {
namespace {

ExitCode manual(const std::string& folder, const CommandShape& command, const std::string& version) {
  for (const ManualPage& page : manual_pages(command, version)) {
    const std::string path = folder + "/" + page.file;
    if (std::ofstream(path) << page.text << std::flush) continue;
    std::cerr << "torq: cannot write " << path << '\n';
    return ExitCode::kDisk;
  }
  return ExitCode::kOk;
}

}  // namespace

void add_manual(CLI::App& command, Action& action) {
  auto folder = std::make_shared<std::string>();
  CLI::App* verb = command.add_subcommand("manual", "Write the manual pages into a folder");
  verb->group("");
  verb->add_option("DIR", *folder, "a folder that exists")->required();
  verb->callback([folder, &command, &action] {
    action = [folder, &command] { return manual(*folder, shape_of(command), command.version()); };
  });
}

}  // namespace torq::app
