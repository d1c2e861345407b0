// SPDX-License-Identifier: MIT
#pragma once
// From the client's errors to exit codes and to lines for people.

#include <string>
#include <string_view>

#include "apps/torq/command/verb.hpp"
#include "torq/client/error.hpp"

namespace torq::app {

ExitCode exit_code_of(const client::Error& error);

/// Of several outcomes, the one to end with. From bad to worse: ok, not found, other, network, verification failed,
/// certificate refused, disk, interrupted.
ExitCode worse(ExitCode a, ExitCode b);

/// A name, a path, or what was made of some, as people are shown it: client::tame, of whatever length names have.
std::string shown(std::string_view text);

/// "torq: SUBJECT: what happened; what to do" on standard error.
void complain(std::string_view subject, const client::Error& error);

/// The end of a verb's output: `code`, or kDisk when standard output did not take it all.
ExitCode finish_output(ExitCode code);

}  // namespace torq::app
