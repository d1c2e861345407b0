// SPDX-License-Identifier: MIT
#pragma once
// Hexadecimal text of bytes and back. Digits of either case are read, lower case is written.

#include <optional>
#include <string>
#include <string_view>

#include "torq/base/bytes.hpp"

namespace torq {

/// Two lower-case digits per byte.
std::string to_hex(Bytes bytes);

/// Fills `out` from exactly 2 x out.size() digits; false (and `out` unspecified) for any other length or a non-digit.
[[nodiscard]] bool from_hex(std::string_view digits, std::span<std::byte> out);

}  // namespace torq
