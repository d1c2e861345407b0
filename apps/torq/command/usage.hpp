// SPDX-License-Identifier: MIT
#pragma once
// What a command line that cannot be parsed was meant to be.

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace torq::app {

/// After a failed parse: which word of the command line no verb or option has, and the nearest one; one line. Nothing
/// when each word is known.
std::optional<std::string> explain_unknown(const CLI::App& command);

/// Of a command line whose words are known, but not what is said with them: the lines for standard error, which begin
/// with "torq:" and end with the way to the help. `fault`: CLI11's text, or that of a UsageError.
std::string explain_fault(const CLI::App& command, const std::string& fault);

}  // namespace torq::app
