// SPDX-License-Identifier: MIT
#pragma once
// Decodes answers of the JSON protocol: the client's half of answer_encoder.hpp. The server is not trusted: strict
// JSON, strict types, a limit on everything; members may come in any order and unknown ones are ignored. One parser
// belongs to one thread. Not for the answer to a file request, see file_answer_reader.hpp. Specification: docs/wire.md,
// "Answers".

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/tracker/announce.hpp"
#include "torq/wire/error_code.hpp"
#include "torq/wire/messages.hpp"

namespace torq::wire {

/// The server answered with an error object.
struct Refusal {
  std::string code;  ///< as the server wrote it; foreign servers may have codes of their own, or none
  std::string text;  ///< the server's words; not to be trusted on a terminal

  /// Nothing for a code that we do not know.
  std::optional<ErrorCode> known() const { return parse_error_code(code); }
  bool operator==(const Refusal&) const = default;
};

/// The answer is not what the protocol says.
struct MalformedAnswer {
  std::string text;  ///< names the member at fault

  bool operator==(const MalformedAnswer&) const = default;
};

using AnswerError = std::variant<Refusal, MalformedAnswer>;

struct AnswerLimits {
  std::size_t max_bytes = std::size_t{8} * 1024 * 1024;  ///< of one answer
  std::size_t max_peers = 10'000;                        ///< what an announce reply lists beyond is left out
  std::size_t max_files = 10'000;                        ///< of a scrape reply
  std::size_t max_entries = 100'000;                     ///< of a list reply
};

class AnswerParser {
 public:
  explicit AnswerParser(const AnswerLimits& limits = {});
  AnswerParser(AnswerParser&&) noexcept;
  AnswerParser& operator=(AnswerParser&&) noexcept;
  ~AnswerParser();

  /// Peers without a literal address or a port are left out: an old server lists whatever its clients claimed.
  Result<tracker::AnnounceReply, AnswerError> parse_announce(Bytes answer);
  Result<CapabilityReply, AnswerError> parse_capabilities(Bytes answer);
  Result<ScrapeReply, AnswerError> parse_scrape(Bytes answer);
  Result<ListReply, AnswerError> parse_list(Bytes answer);
  /// The line before raw bytes, with or without its newline; or the whole answer, when it ended without a newline.
  Result<RawHeader, AnswerError> parse_raw_header(Bytes line);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::wire
