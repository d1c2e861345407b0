// SPDX-License-Identifier: MIT
#pragma once
// The answer to one HTTP/1.x request (RFC 9112) while it comes in pieces: status, place to go on to, body. The server
// is not trusted: each part has a limit, and a body must end where the answer says it does. What is ambiguous about
// that end is refused; bare line feeds are taken. Not a client: who asked, and what the body means, is not its
// business. Pure; one reader reads one answer.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"
#include "torq/wire/http_answer.hpp"

namespace torq::wire {

struct HttpAnswerLimits {
  std::size_t head_bytes = std::size_t{32} * 1024;  ///< of all heads, and of what frames the chunks
  std::size_t body_bytes = std::size_t{1024} * 1024;
};

class Http1AnswerReader {
 public:
  explicit Http1AnswerReader(const HttpAnswerLimits& limits = {}) : limits_(limits) {}

  /// The next bytes. True once the answer is whole, whatever follows. The error says what is wrong with it.
  Result<bool, std::string> feed(std::string_view bytes);
  /// The server has closed the connection. The error says that the answer was cut.
  Result<void, std::string> finish();

  /// Of a whole answer.
  HttpAnswer take() { return std::move(answer_); }

 private:
  using Outcome = Result<void, std::string>;
  enum class State : std::uint8_t { kHead, kLength, kUntilEnd, kChunkSize, kChunk, kChunkEnd, kTrailers, kDone };

  Outcome read_line(std::string_view line);
  Outcome read_status(std::string_view line);
  Outcome read_field(std::string_view line);
  Outcome read_length(std::string_view value);
  Outcome read_chunk_size(std::string_view line);
  Outcome begin_body();
  Outcome take_body(std::string_view& bytes);
  bool reads_lines() const;

  const HttpAnswerLimits limits_;
  HttpAnswer answer_;
  State state_ = State::kHead;
  std::string line_;            // so far
  std::size_t head_bytes_ = 0;  // counted against the limit
  std::optional<std::uint64_t> length_;
  std::uint64_t missing_ = 0;  // of the body, or of a chunk
  bool chunked_ = false;
};

}  // namespace torq::wire
