// SPDX-License-Identifier: MIT
// torq config: the configuration file of `torq serve`, as a template and checked.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/torq/config/load.hpp"
#include "apps/torq/failures.hpp"
#include "apps/torq/verb.hpp"

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

void add_config(CLI::App& command, Action& action) {
  CLI::App* verb = command.add_subcommand("config", "Write or check a configuration file");
  verb->footer(kFooter);
  verb->require_subcommand(1);
  verb->add_subcommand("template", "Print a file that says all defaults")->callback([&action] {
    action = [] {
      std::cout << config_template();
      return finish_output(ExitCode::kOk);
    };
  });
  auto path = std::make_shared<std::string>();
  CLI::App* checking = verb->add_subcommand("check", "Say whether `torq serve --config FILE` would take it");
  checking->add_option("FILE", *path, "configuration file, TOML")->required()->type_name("");
  checking->callback([path, &action] { action = [path] { return check(*path); }; });
}

}  // namespace torq::app
