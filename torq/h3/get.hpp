// SPDX-License-Identifier: MIT
#pragma once
// A client's GET over HTTP/3 (RFC 9114), sans-IO: what is sent on a request's stream and on the control stream, and the
// reader of the answer. Streams share nothing: QPACK's dynamic table is never used (RFC 9204), so its two streams are
// not needed, nor is anything that a server says on its own. The server is not trusted: each part has a limit, and what
// is ambiguous is refused. One reader reads one answer.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"

namespace torq::h3 {

/// All that a client says on its control stream: that there are no settings (RFC 9114 7.2.4).
inline constexpr std::string_view kClientControl{"\x00\x04\x00", 3};

/// The request stream of a GET, whole. `target` is path and query.
std::string encode_get(std::string_view authority, std::string_view target);

struct Answer {
  std::uint16_t status = 0;
  std::string location = {};
  std::string body = {};
};

struct AnswerLimits {
  std::size_t field_section_bytes = std::size_t{32} * 1024;  ///< encoded
  std::size_t body_bytes = std::size_t{1024} * 1024;
};

class AnswerReader {
 public:
  explicit AnswerReader(const AnswerLimits& limits = {}) : limits_(limits) {}

  /// The next bytes of the request's stream. The error says what is wrong with the answer, and is final.
  Result<void, std::string> feed(Bytes bytes);
  /// The stream has ended.
  Result<Answer, std::string> finish();

 private:
  using Outcome = Result<void, std::string>;

  Outcome begin_frame();
  void take_payload(Bytes& bytes);
  Outcome end_frame();
  Outcome decode_fields();
  Outcome take_field(std::string_view name, std::string_view value);

  const AnswerLimits limits_;
  Answer answer_;
  std::optional<std::uint64_t> length_;  // that the answer claims to have
  bool has_trailers_ = false;

  std::string head_;  // of the frame, while it is not complete
  bool in_frame_ = false;
  std::uint64_t type_ = 0;
  std::uint64_t missing_ = 0;  // of the frame's payload
  std::string fields_;         // encoded, of a HEADERS frame
};

}  // namespace torq::h3
