// SPDX-License-Identifier: MIT
#pragma once
// Numbers as people write them on the command line and in the configuration: decimal, whole, in a range. Not octal, not
// hexadecimal, not too large for its type: those would be taken for another number than was meant. Pure.

#include <cstdint>
#include <functional>
#include <string>

#include "torq/base/result.hpp"

namespace torq::app {

/// Both ends are allowed.
struct NumberRange {
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
};

/// The error says what would be right, for example "0 is not a whole number from 1 to 65535".
Result<std::uint64_t, std::string> parse_whole(const std::string& text, NumberRange range);

/// For Option::check: the error, or an empty text.
std::function<std::string(const std::string&)> check_whole(NumberRange range);

}  // namespace torq::app
