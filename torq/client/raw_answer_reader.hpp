// SPDX-License-Identifier: MIT
#pragma once
// Decodes a file that is sent raw while it arrives: one line of JSON, then exactly as many bytes as it says. Chunks of
// any size in, the file's bytes out; holds no more than the line. Specification: docs/wire.md, `file_raw`. Sans-IO;
// internal to client/.

#include <cstdint>
#include <optional>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/client/error.hpp"
#include "torq/wire/answer_parser.hpp"

namespace torq::client {

class RawAnswerReader {
 public:
  /// A file name of a full request, every byte of it escaped, fits into it.
  static constexpr std::size_t kMaxHeader = 512 * 1024;

  /// `parser` must outlive the reader.
  explicit RawAnswerReader(wire::AnswerParser& parser) : parser_(&parser) {}

  /// The part of `chunk` that belongs to the file. A failure is final.
  Result<Bytes, Error> feed(Bytes chunk);
  /// After the last chunk: all that was announced has come.
  Result<wire::RawHeader, Error> finish();

  /// Once the line is complete.
  const std::optional<wire::RawHeader>& header() const { return header_; }

 private:
  Result<Bytes, Error> feed_header(Bytes chunk);
  Result<Bytes, Error> count(Bytes bytes);

  wire::AnswerParser* parser_;
  std::string line_;
  std::optional<wire::RawHeader> header_;
  std::uint64_t received_ = 0;  // of header_->range.length
};

}  // namespace torq::client
