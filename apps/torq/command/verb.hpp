// SPDX-License-Identifier: MIT
#pragma once
// What every verb of the command shares: how it joins the command line, how it ends.

#include <functional>

namespace torq::app {

class Verb;  // command_line.hpp

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

void add_serve(Verb& command);
void add_config(Verb& command);
void add_announce(Verb& command);
void add_get(Verb& command);
void add_ls(Verb& command);
void add_scrape(Verb& command);
void add_soak(Verb& command);
void add_verify(Verb& command);
void add_capabilities(Verb& command);
void add_status(Verb& command);
void add_doctor(Verb& command);
// These two look at the whole command line when they run: `command` must live until then, and be complete.
void add_completion(Verb& command);
void add_manual(Verb& command);

}  // namespace torq::app
