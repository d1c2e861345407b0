// SPDX-License-Identifier: MIT
#pragma once
// The text form of a server's public key: `sha256:` and the 64 hexadecimal digits of its SPKI's SHA-256. Pure. Internal
// to client/.

#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

/// The pin with lower-case digits, the form in which pins are compared. The error says what a pin is.
Result<std::string, std::string> parse_pin(std::string_view text);

}  // namespace torq::client
