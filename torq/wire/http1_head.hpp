// SPDX-License-Identifier: MIT
#pragma once
// The head of an HTTP/1.x request (RFC 9112): finds where it ends while it comes in pieces, and parses it. Strict about
// what decides where a request ends (bare line feeds, folded lines, two lengths are refused), for that is how requests
// are smuggled past proxies; liberal about the target, where clients put info hashes as raw bytes. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "torq/base/result.hpp"
#include "torq/wire/http_request.hpp"

namespace torq::wire {

/// What a request is refused for before anybody looks at what it asks.
struct HttpFault {
  std::uint16_t status = 400;
  std::string_view text;  ///< one sentence for people
};

struct Http1Head {
  HttpRequest request;
  bool keep_alive = false;           ///< the client would like another request on this connection
  bool says_keep_alive = false;      ///< in HTTP/1.0's way, which wants to be told that it got it
  std::uint64_t content_length = 0;  ///< bytes of body that follow
};

/// Looks at each byte once, however many pieces a head comes in.
class Http1Scanner {
 public:
  /// `received` begins where the request does and has at least what it had the last time. The size of the head with its
  /// empty line; nothing while that has not come.
  Result<std::optional<std::size_t>, HttpFault> find_end(std::string_view received);
  /// For the next request.
  void restart() { *this = Http1Scanner(); }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_ = 0;  // where the line begins that is not complete yet
};

/// `head` is what find_end() has measured.
Result<Http1Head, HttpFault> parse_http1_head(std::string_view head);

}  // namespace torq::wire
