// SPDX-License-Identifier: MIT
#pragma once
// `quic://host[:7001][/path][?pin=sha256:HEX]`: where a server is, what is asked of it, and by which key it is known.
// Pure: no name is resolved here, no file named. The path is percent-decoded here, because servers compare names byte
// for byte. RFC 3986 without user and fragment; the query knows `pin` alone, and is never sent.

#include <cstdint>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

inline constexpr std::uint16_t kDefaultPort = 7001;

struct Url {
  std::string host;  ///< a name in ASCII, or an IP literal without brackets
  std::uint16_t port = kDefaultPort;
  std::string path;      ///< decoded UTF-8 without the slash after the host; empty when there is none
  std::string pin = {};  ///< of the server's key, `sha256:` and 64 lower-case digits; empty when there is none

  bool operator==(const Url&) const = default;
};

/// The error says what is wrong with the text, and what would be right.
Result<Url, std::string> parse_url(std::string_view text);

/// The shortest text that parse_url turns into the same value.
std::string to_string(const Url& url);

}  // namespace torq::client
