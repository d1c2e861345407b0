// SPDX-License-Identifier: MIT
// torq config: the configuration file of `torq serve`, as a template and checked.

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "apps/torq/command_line.hpp"
#include "apps/torq/config/load.hpp"
#include "apps/torq/failures.hpp"

namespace torq::app {
namespace {

ExitCode check(const std::string& path) {
  const auto settings = load_settings({path, {}, {}});
  if (!settings) {
    std::cerr << "torq: " << settings.error() << '\n';
    return ExitCode::kUsage;
  }
  std::cout << path << ": fine\n";
  return finish_output(ExitCode::kOk);
}

constexpr const char* kFooter = R"(Examples:
  torq config template > torq.toml     every setting with its default, as comments
  torq config check torq.toml          exit code 0, or 2 and the line that is wrong
  torq serve --config torq.toml)";

}  // namespace

void add_config(Verb& command) {
  Verb verb = command.verb("config", "Write or check a configuration file");
  verb.footer(kFooter);
  verb.needs_verb();
  verb.verb("template", "Print a file that says all defaults").runs([] {
    std::cout << config_template();
    return finish_output(ExitCode::kOk);
  });
  auto path = std::make_shared<std::string>();
  Verb checking = verb.verb("check", "Say whether `torq serve --config FILE` would take it");
  checking.option("FILE", *path, "configuration file, TOML").required().takes("");
  checking.runs([path] { return check(*path); });
}

}  // namespace torq::app
