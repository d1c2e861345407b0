// SPDX-License-Identifier: MIT
#pragma once
// Percent-encoding (RFC 3986 2.1) as trackers' clients use it: any byte may be escaped or stand for itself, digits of
// either case, and `+` is a plus and no space. Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace torq::wire {

/// Decodes into `out`; what does not fit is counted and dropped. Returns the length of the whole; nothing when a `%` is
/// not followed by two digits.
std::optional<std::size_t> percent_decode(std::string_view text, std::span<char> out);
std::optional<std::string> percent_decode(std::string_view text);

/// For one segment of a path, or a value of a query: letters, digits and `-._~` stay, everything else is escaped.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace torq::wire
