// SPDX-License-Identifier: MIT
#pragma once
// What stands between `scheme://` and the path of a URL: host and port (RFC 3986 3.2, without a user). Pure. Internal
// to client/.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

struct Authority {
  std::string host;                   ///< a name in ASCII, or an IP literal without brackets
  std::optional<std::uint16_t> port;  ///< 1..65535
};

/// A URL that begins with `scheme`, such as `quic://`, and what is left of it.
struct SplitUrl {
  Authority authority;
  std::string_view rest;  ///< begins with `/`, `?` or `#`, or is empty
};

/// `text` begins with `scheme`, in letters of either case. The error says what is wrong with the authority.
Result<SplitUrl, std::string> split_url(std::string_view text, std::string_view scheme);

bool is_letter(char c);
bool is_digit(char c);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// An IPv6 address in brackets, all else as it is.
std::string bracketed(const std::string& host);

}  // namespace torq::client
