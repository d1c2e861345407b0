// SPDX-License-Identifier: MIT
// torq status: asks a server of this machine how it is.

#include <iostream>
#include <memory>
#include <optional>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/server/status_report.hpp"
#include "apps/torq/server/status_socket.hpp"
#include "apps/torq/state/state_dir.hpp"

namespace torq::app {
namespace {

struct StatusOptions {
  std::optional<std::string> state;
  bool json = false;
};

ExitCode fail(ExitCode code, const std::string& why) {
  std::cerr << "torq: " << why << '\n';
  return code;
}

ExitCode status(const StatusOptions& options) {
  const auto folder = state_path(options.state, read_state_environment());
  if (!folder) throw UsageError(folder.error());
  const auto said = read_status(*folder);
  if (!said) return fail(ExitCode::kNotFound, said.error());
  if (options.json) {
    std::cout << *said;
    return finish_output(ExitCode::kOk);
  }
  const auto text = describe_status(*said);
  if (!text) return fail(ExitCode::kOther, text.error());
  std::cout << *text;
  return finish_output(ExitCode::kOk);
}

constexpr const char* kStatusFooter = R"(Examples:
  torq status                              the server that uses $XDG_STATE_HOME/torq
  torq status --state /var/lib/torq
  torq status --json | jq .requests_per_second

It asks the server over a socket in its state directory, which only the user that the server runs as can do. Exit code 3
when there is no server. Counts are since its start; requests a second over the last ten seconds.)";

}  // namespace

void add_status(Verb& command) {
  auto options = std::make_shared<StatusOptions>();
  Verb verb = command.verb("status", "Ask a server of this machine how it is");
  verb.footer(kStatusFooter);
  verb.option("--state", options->state, "state directory of the server (default: $XDG_STATE_HOME/torq)").takes("DIR");
  verb.flag("--json", options->json, "the figures as one JSON object");
  verb.runs([options] { return status(*options); });
}

}  // namespace torq::app
