// SPDX-License-Identifier: MIT
// torq config: the configuration file of `torq serve`, as a template and checked.

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <memory>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/config/load.hpp"
#include "apps/torq/state/identity.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/quic/tls.hpp"

namespace torq::app {
namespace {

using Outcome = Result<void, std::string>;

// What the file names must be there, as a server finds it when it starts. What it does not name is not looked at: that
// may be said elsewhere, or is made at the start.
Outcome try_root(const ServeSettings& settings, std::span<const Assignment> said) {
  const std::string origin = origin_of(said, "root");
  if (origin.empty()) return {};
  const auto tree = files::FileTree::at(settings.root);
  if (!tree) return Failure(origin + ": the root cannot be served: " + to_string(tree.error()));
  return {};
}

Outcome try_certificate(const ServeSettings& settings, std::span<const Assignment> said) {
  if (!settings.cert) return {};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto identity = read_identity(*settings.cert, *settings.key, now);
  if (!identity) {
    const bool is_key = identity.error().starts_with(kKeyFault);
    return Failure(origin_of(said, is_key ? "key" : "cert") + ": " + identity.error());
  }
  for (const std::string& warning : identity->warnings) std::cerr << "torq: warning: " << shown(warning) << '\n';
  const auto tls = quic::ServerTls::create(identity->cert_pem, identity->key_pem);
  if (!tls) return Failure(origin_of(said, "cert") + ": the certificate cannot be used: " + tls.error());
  return {};
}

Outcome try_settings(const std::string& path) {
  const auto settings = load_settings({path, {}, {}});
  if (!settings) return Failure(settings.error());
  const auto said = read_config(path);
  if (!said) return Failure(said.error());
  const auto root = try_root(*settings, *said);
  return root ? try_certificate(*settings, *said) : root;
}

ExitCode check(const std::string& path) {
  const auto outcome = try_settings(path);
  if (!outcome) {
    std::cerr << "torq: " << shown(outcome.error()) << '\n';
    return ExitCode::kUsage;
  }
  std::cout << path << ": fine\n";
  return finish_output(ExitCode::kOk);
}

constexpr const char* kConfigFooter = R"(Examples:
  torq config template > torq.toml     every setting with its default, as comments
  torq config check torq.toml          exit code 0, or 2 and the line that is wrong
  torq serve --config torq.toml)";

}  // namespace

void add_config(Verb& command) {
  Verb verb = command.verb("config", "Write or check a configuration file");
  verb.footer(kConfigFooter);
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
