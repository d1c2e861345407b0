// SPDX-License-Identifier: MIT
#pragma once
// What every verb of the command shares: how it joins the command line, how it ends.

#include <functional>

namespace CLI {
class App;
}

namespace torq::app {

/// Documented in `torq --help`; scripts rely on them.
enum class ExitCode : int {
  kOk = 0,
  kOther = 1,
  kUsage = 2,
  kNotFound = 3,
  kNetwork = 4,
  kVerificationFailed = 5,
  kTrustRefused = 6,
  kInterrupted = 7,
  kDisk = 8,
};

/// Thrown by a verb that cannot begin, after it has said why: main ends with `code`.
struct Ended {
  ExitCode code;
};

/// Set by the verb that the command line names; main calls it.
using Action = std::function<ExitCode()>;

void add_serve(CLI::App& command, Action& action);
void add_config(CLI::App& command, Action& action);
void add_announce(CLI::App& command, Action& action);
void add_get(CLI::App& command, Action& action);
void add_ls(CLI::App& command, Action& action);
void add_scrape(CLI::App& command, Action& action);
void add_soak(CLI::App& command, Action& action);
void add_verify(CLI::App& command, Action& action);
void add_capabilities(CLI::App& command, Action& action);
void add_status(CLI::App& command, Action& action);
void add_doctor(CLI::App& command, Action& action);
// These two look at the whole command line when they run: `command` must be complete by then.
void add_completion(CLI::App& command, Action& action);
void add_manual(CLI::App& command, Action& action);

}  // namespace torq::app
