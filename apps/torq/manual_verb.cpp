// SPDX-License-Identifier: MIT
// torq manual: hidden; writes the manual pages into a folder, for whoever installs torq.

#include <fstream>
#include <iostream>
#include <memory>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/manual.hpp"

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

void add_manual(Verb& command) {
  auto folder = std::make_shared<std::string>();
  Verb verb = command.verb("manual", "Write the manual pages into a folder");
  verb.hide();
  verb.option("DIR", *folder, "a folder that exists").required();
  verb.runs([folder, &command] { return manual(*folder, shape_of(command.app()), command.version()); });
}

}  // namespace torq::app
