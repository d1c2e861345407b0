// SPDX-License-Identifier: MIT
#include "torq/client/raw_answer_reader.hpp"

#include <utility>

#include "torq/client/faults.hpp"

namespace torq::client {

Result<Bytes, Error> RawAnswerReader::feed(Bytes chunk) { return header_ ? count(chunk) : feed_header(chunk); }

Result<Bytes, Error> RawAnswerReader::feed_header(Bytes chunk) {
  const std::string_view text = as_text(chunk);
  const std::size_t newline = text.find('\n');
  line_.append(text.substr(0, newline));
  if (line_.size() > kMaxHeader) return Failure(faulty("the line before the file's bytes is too long"));
  if (newline == std::string_view::npos) return Bytes();
  auto header = parser_->parse_raw_header(as_bytes(line_));
  if (!header) return Failure(to_error(header.error()));
  header_ = std::move(*header);
  line_ = {};
  return count(chunk.subspan(newline + 1));
}

Result<Bytes, Error> RawAnswerReader::count(Bytes bytes) {
  if (bytes.size() > header_->range.length - received_) {
    return Failure(faulty("more bytes than the " + std::to_string(header_->range.length) + " that it announced"));
  }
  received_ += bytes.size();
  return bytes;
}

Result<wire::RawHeader, Error> RawAnswerReader::finish() {
  if (!header_) {
    const auto whole = parser_->parse_raw_header(as_bytes(line_));
    return Failure(whole ? faulty("the line before the file's bytes has no end") : to_error(whole.error()));
  }
  if (received_ == header_->range.length) return *header_;
  return Failure(faulty("it ended after " + std::to_string(received_) + " of " + std::to_string(header_->range.length) +
                        " bytes"));
}

}  // namespace torq::client
