// SPDX-License-Identifier: MIT
#include "torq/wire/http1_answer.hpp"

#include <algorithm>
#include <charconv>

#include "torq/wire/http_request.hpp"

namespace torq::wire {
namespace {

Failure<std::string> wrong(std::string text) { return Failure(std::move(text)); }

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// All of `text`, or nothing.
std::optional<std::uint64_t> whole(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool has_no_body(std::uint16_t status) { return status == 204 || status == 304; }

}  // namespace

bool Http1AnswerReader::reads_lines() const {
  return state_ == State::kHead || state_ == State::kChunkSize || state_ == State::kChunkEnd ||
         state_ == State::kTrailers;
}

Result<bool, std::string> Http1AnswerReader::feed(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::kDone) {
    if (!reads_lines()) {
      if (const auto taken = take_body(bytes); !taken) return Failure(taken.error());
      continue;
    }
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    head_bytes_ += end + 1;
    if (head_bytes_ > limits_.head_bytes)
      return wrong("its head has more than " + std::to_string(limits_.head_bytes) + " bytes");
    line_.append(bytes.substr(0, end));
    if (end == bytes.size()) break;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    const auto read = read_line(line_);
    line_.clear();
    if (!read) return Failure(read.error());
  }
  return state_ == State::kDone;
}

Result<void, std::string> Http1AnswerReader::finish() {
  if (state_ == State::kUntilEnd) state_ = State::kDone;
  if (state_ == State::kDone) return {};
  if (state_ == State::kHead && answer_.status == 0) return wrong("the connection ended before the answer");
  if (state_ == State::kLength) {
    return wrong("the answer was cut: " + std::to_string(*length_ - missing_) + " of " + std::to_string(*length_) +
                 " bytes came");
  }
  return wrong("the answer was cut");
}

Http1AnswerReader::Outcome Http1AnswerReader::read_line(std::string_view line) {
  switch (state_) {
    case State::kHead:
      if (answer_.status == 0) return line.empty() ? Outcome() : read_status(line);  // RFC 9112 2.2
      return line.empty() ? begin_body() : read_field(line);
    case State::kChunkSize:
      return read_chunk_size(line);
    case State::kChunkEnd:
      if (!line.empty()) return wrong("a chunk is longer than it says");
      state_ = State::kChunkSize;
      return {};
    default:
      if (line.empty()) state_ = State::kDone;
      return {};
  }
}

Http1AnswerReader::Outcome Http1AnswerReader::read_status(std::string_view line) {
  const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ';
  const auto status = is_http ? whole(line.substr(9, 3), 10) : std::nullopt;
  if (!status || *status < 100 || (line.size() > 12 && line[12] != ' ')) return wrong("it is not that of HTTP/1.1");
  answer_.status = static_cast<std::uint16_t>(*status);
  return {};
}

Http1AnswerReader::Outcome Http1AnswerReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || line.find_first_of(" \t") < colon) {
    return wrong("its head has a line that is no field");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (is_named(name, "content-length")) return read_length(value);
  if (is_named(name, "location")) answer_.location = value;
  if (is_named(name, "transfer-encoding")) {
    if (chunked_ || !is_named(value, "chunked")) return wrong("it has a transfer coding that was not asked for");
    chunked_ = true;
  }
  if (is_named(name, "content-encoding") && !is_named(value, "identity")) {
    return wrong("it is compressed, which was not asked for");
  }
  return {};
}

Http1AnswerReader::Outcome Http1AnswerReader::read_length(std::string_view value) {
  const auto length = whole(value, 10);
  if (!length) return wrong("its Content-Length is no number");
  if (length_ && *length_ != *length) return wrong("it has two different Content-Lengths");
  length_ = length;
  return {};
}

// RFC 9112 6.3: a transfer coding overrides the length.
Http1AnswerReader::Outcome Http1AnswerReader::begin_body() {
  if (answer_.status < 200) {  // an interim answer
    answer_ = {};
    length_.reset();
    chunked_ = false;
    return {};
  }
  if (has_no_body(answer_.status)) {
    state_ = State::kDone;
  } else if (chunked_) {
    state_ = State::kChunkSize;
  } else if (!length_) {
    state_ = State::kUntilEnd;
  } else {
    if (*length_ > limits_.body_bytes)
      return wrong("it has more than " + std::to_string(limits_.body_bytes) + " bytes");
    missing_ = *length_;
    state_ = missing_ == 0 ? State::kDone : State::kLength;
  }
  return {};
}

Http1AnswerReader::Outcome Http1AnswerReader::read_chunk_size(std::string_view line) {
  const auto size = whole(trim(line.substr(0, line.find(';'))), 16);
  if (!size) return wrong("a chunk has no size");
  missing_ = *size;
  state_ = missing_ == 0 ? State::kTrailers : State::kChunk;
  return {};
}

Http1AnswerReader::Outcome Http1AnswerReader::take_body(std::string_view& bytes) {
  const bool is_bounded = state_ != State::kUntilEnd;
  const std::string_view part = is_bounded ? bytes.substr(0, missing_) : bytes;
  if (part.size() > limits_.body_bytes - answer_.body.size()) {
    return wrong("it has more than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  answer_.body.append(part);
  bytes.remove_prefix(part.size());
  if (!is_bounded) return {};
  missing_ -= part.size();
  if (missing_ == 0) state_ = state_ == State::kChunk ? State::kChunkEnd : State::kDone;
  return {};
}

}  // namespace torq::wire
