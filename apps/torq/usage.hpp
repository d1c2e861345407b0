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

}  // namespace torq::app
