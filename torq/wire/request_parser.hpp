// SPDX-License-Identifier: MIT
#pragma once
// Decodes a request of the JSON protocol: bytes of one whole stream in, a checked Request or the refusal to answer with
// out. It knows neither streams nor swarms nor files. Every byte of the request is checked as strict JSON (RFC 8259),
// also in members that nobody reads. One parser belongs to one thread; keep it, its buffers are reused.
// Specification: docs/wire.md, "Requests".

#include <cstddef>
#include <memory>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/wire/error_code.hpp"
#include "torq/wire/messages.hpp"

namespace torq::wire {

struct RequestError {
  ErrorCode code = ErrorCode::kInternalError;
  std::string text;  ///< for people; names the member at fault
};

class RequestParser {
 public:
  /// Bytes that may be read (not used) behind the end of a request that is parsed in place.
  static constexpr std::size_t kPadding = 64;

  /// Of the limits, max_request_bytes and max_scrape count here.
  explicit RequestParser(const Limits& limits = {});
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  ~RequestParser();

  /// The views in the result are valid until the next parse and while the request's bytes live.
  Result<Request, RequestError> parse(Bytes request);

  /// The same without a copy: the request is the first `size` bytes of `buffer`, which is at least kPadding longer.
  /// The views in the result are valid until the next parse and while the buffer lives.
  Result<Request, RequestError> parse_in_place(Bytes buffer, std::size_t size);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::wire
