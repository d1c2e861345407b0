// SPDX-License-Identifier: MIT
#pragma once
// Dates as HTTP writes them (IMF-fixdate, RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. The two older forms are not
// read: whoever sends one is answered as if it had sent none. Pure.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace torq::web {

std::string http_date(std::chrono::sys_seconds time);
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace torq::web
