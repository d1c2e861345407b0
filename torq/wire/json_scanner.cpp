// SPDX-License-Identifier: MIT
#include "torq/wire/json_scanner.hpp"

#include <algorithm>
#include <cassert>

namespace torq::wire {
namespace {

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::uint32_t hex_value(char c) { return static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); }

/// How many characters in front of `text` stand for themselves within a JSON text.
std::size_t count_plain(std::string_view text) {
  const auto special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  return static_cast<std::size_t>(std::ranges::find_if(text, special) - text.begin());
}

}  // namespace

JsonScanner::Event JsonScanner::next(std::string_view& input) {
  Event event = faulty_ ? Event::kFault : Event::kNeedsMore;
  while (!input.empty() && event == Event::kNeedsMore) {
    if (state_ == State::kBare) {
      event = in_bare(input);
    } else if (state_ == State::kText) {
      event = in_text(input);
    } else {
      const char c = input.front();
      input.remove_prefix(1);
      event = state_ == State::kBetween ? between(c) : escape(c);
    }
  }
  return event;
}

JsonScanner::Event JsonScanner::between(char c) {
  if (is_json_space(c)) return Event::kNeedsMore;
  switch (expected_) {
    case Expected::kObject:
      return c == '{' ? open(c) : fault();
    case Expected::kNameOrEnd:
      return c == '}' ? close(c) : c == '"' ? begin_text() : fault();
    case Expected::kName:
      return c == '"' ? begin_text() : fault();
    case Expected::kColon:
      expected_ = Expected::kValue;
      return c == ':' ? Event::kNeedsMore : fault();
    case Expected::kValueOrEnd:
      return c == ']' ? close(c) : begin_value(c);
    case Expected::kValue:
      return begin_value(c);
    case Expected::kCommaOrEnd:
      if (c != ',') return close(c);
      expected_ = in_object() ? Expected::kName : Expected::kValue;
      return Event::kNeedsMore;
    case Expected::kNothing:
      break;
  }
  return fault();
}

JsonScanner::Event JsonScanner::begin_value(char c) {
  if (c == '{' || c == '[') return open(c);
  if (c == '"') return begin_text();
  state_ = State::kBare;
  text_.assign(1, c);
  return Event::kNeedsMore;
}

JsonScanner::Event JsonScanner::begin_text() {
  state_ = State::kText;
  text_.clear();
  cut_ = false;
  return Event::kNeedsMore;
}

JsonScanner::Event JsonScanner::open(char bracket) {
  if (depth_ == kMaxDepth) return fault();
  const bool is_object = bracket == '{';
  const std::uint64_t level = std::uint64_t{1} << depth_++;
  objects_ = is_object ? objects_ | level : objects_ & ~level;
  expected_ = is_object ? Expected::kNameOrEnd : Expected::kValueOrEnd;
  return is_object ? Event::kBeginObject : Event::kBeginArray;
}

JsonScanner::Event JsonScanner::close(char bracket) {
  const bool is_object = in_object();
  if (bracket != (is_object ? '}' : ']')) return fault();
  --depth_;
  end_value();
  return is_object ? Event::kEndObject : Event::kEndArray;
}

void JsonScanner::skip_array() {
  assert(expected_ == Expected::kValueOrEnd);
  close(']');
}

JsonScanner::Event JsonScanner::in_bare(std::string_view& input) {
  // A delimiter ends the token and stays for the next state.
  const std::size_t size = std::min(input.find_first_of(" \t\n\r,:]}[{\""), input.size());
  if (text_.size() + size > max_text_) return fault();
  text_ += input.substr(0, size);
  input.remove_prefix(size);
  if (input.empty()) return Event::kNeedsMore;
  state_ = State::kBetween;
  cut_ = false;
  scalar_ = bare_scalar(text_);
  if (scalar_.kind == JsonScalar::Kind::kAbsent) return fault();
  end_value();
  return Event::kScalar;
}

JsonScanner::Event JsonScanner::in_text(std::string_view& input) {
  const std::size_t size = count_plain(input);
  keep(input.substr(0, size));
  input.remove_prefix(size);
  if (input.empty()) return Event::kNeedsMore;
  const char c = input.front();
  input.remove_prefix(1);
  if (c == '"') return end_text();
  state_ = State::kEscape;
  return c == '\\' ? Event::kNeedsMore : fault();
}

JsonScanner::Event JsonScanner::end_text() {
  state_ = State::kBetween;
  scalar_ = {JsonScalar::Kind::kText, text_};
  if (expected_ != Expected::kName && expected_ != Expected::kNameOrEnd) {
    end_value();
    return Event::kScalar;
  }
  expected_ = Expected::kColon;
  return cut_ ? fault() : Event::kName;
}

JsonScanner::Event JsonScanner::escape(char c) {
  if (state_ == State::kHex) return hex(c);
  if (state_ == State::kLowSurrogate) {
    state_ = State::kLowSurrogateU;
    return c == '\\' ? Event::kNeedsMore : fault();
  }
  if (c == 'u') {
    state_ = State::kHex;
    code_unit_ = 0;
    hex_digits_ = 0;
    return Event::kNeedsMore;
  }
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t letter = kLetters.find(c);
  if (letter == std::string_view::npos || state_ == State::kLowSurrogateU) return fault();
  keep(kMeanings.substr(letter, 1));
  state_ = State::kText;
  return Event::kNeedsMore;
}

JsonScanner::Event JsonScanner::hex(char c) {
  if (!is_hex_digit(c)) return fault();
  code_unit_ = code_unit_ << 4 | hex_value(c);
  return ++hex_digits_ == 4 ? end_hex() : Event::kNeedsMore;
}

JsonScanner::Event JsonScanner::end_hex() {
  const bool is_high = code_unit_ >= 0xd800 && code_unit_ < 0xdc00;
  const bool is_low = code_unit_ >= 0xdc00 && code_unit_ < 0xe000;
  if (is_low != (high_surrogate_ != 0)) return fault();
  if (is_high) {
    high_surrogate_ = code_unit_;
    state_ = State::kLowSurrogate;
    return Event::kNeedsMore;
  }
  keep_code_point(is_low ? 0x10000 + ((high_surrogate_ - 0xd800) << 10) + (code_unit_ - 0xdc00) : code_unit_);
  high_surrogate_ = 0;
  state_ = State::kText;
  return Event::kNeedsMore;
}

JsonScanner::Event JsonScanner::fault() {
  faulty_ = true;
  return Event::kFault;
}

void JsonScanner::keep(std::string_view text) {
  const std::size_t room = max_text_ - text_.size();
  cut_ = cut_ || text.size() > room;
  text_ += text.substr(0, room);
}

void JsonScanner::keep_code_point(std::uint32_t code_point) {
  const auto tail = [code_point](unsigned shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3f)); };
  if (code_point < 0x80) {
    keep(std::string{static_cast<char>(code_point)});
  } else if (code_point < 0x800) {
    keep(std::string{static_cast<char>(0xc0 | code_point >> 6), tail(0)});
  } else if (code_point < 0x10000) {
    keep(std::string{static_cast<char>(0xe0 | code_point >> 12), tail(6), tail(0)});
  } else {
    keep(std::string{static_cast<char>(0xf0 | code_point >> 18), tail(12), tail(6), tail(0)});
  }
}

}  // namespace torq::wire
