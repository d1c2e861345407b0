// SPDX-License-Identifier: MIT
#pragma once
// Reads one JSON object (RFC 8259) that arrives in pieces, strictly, and tells what comes: names, scalars, containers.
// Holds one text at a time, cut at a limit, and one bit per level of nesting. It gives names and texts no meaning, and
// does not check them for UTF-8. A fault is final. For documents that are there as a whole, see json_document.hpp.
// Internal to wire/; one scanner belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "torq/wire/json_text.hpp"

namespace torq::wire {

class JsonScanner {
 public:
  enum class Event : std::uint8_t {
    kNeedsMore,
    kName,
    kScalar,
    kBeginObject,
    kEndObject,
    kBeginArray,
    kEndArray,
    kFault
  };

  /// Of a longer text only the first `max_text` bytes are kept; a longer number or name is a fault.
  explicit JsonScanner(std::size_t max_text) : max_text_(max_text) {}

  /// Takes characters off `input` until something is complete, or all of them.
  Event next(std::string_view& input);

  /// The object is complete; only white space followed.
  bool is_whole() const { return expected_ == Expected::kNothing && !faulty_; }

  /// How many containers are open.
  unsigned depth() const { return depth_; }

  /// Of the last kName or kScalar, valid until the next call.
  const JsonScalar& scalar() const { return scalar_; }
  /// The last text was longer than what is kept.
  bool is_cut() const { return cut_; }

  /// The caller read the array that was just begun by itself, with its closing bracket.
  void skip_array();

 private:
  static constexpr unsigned kMaxDepth = 64;

  enum class State : std::uint8_t { kBetween, kBare, kText, kEscape, kHex, kLowSurrogate, kLowSurrogateU };
  enum class Expected : std::uint8_t { kObject, kNameOrEnd, kName, kColon, kValueOrEnd, kValue, kCommaOrEnd, kNothing };

  Event between(char c);
  Event begin_value(char c);
  Event begin_text();
  Event open(char bracket);
  Event close(char bracket);
  Event in_bare(std::string_view& input);
  Event in_text(std::string_view& input);
  Event end_text();
  Event escape(char c);
  Event hex(char c);
  Event end_hex();
  Event fault();
  void keep(std::string_view text);
  void keep_code_point(std::uint32_t code_point);
  bool in_object() const { return (objects_ >> (depth_ - 1) & 1) != 0; }
  void end_value() { expected_ = depth_ == 0 ? Expected::kNothing : Expected::kCommaOrEnd; }

  std::size_t max_text_;
  std::string text_;  // what was kept of the token
  JsonScalar scalar_;
  std::uint64_t objects_ = 0;  // for each open container whether it is an object; the lowest bit is the outermost
  unsigned depth_ = 0;
  std::uint32_t code_unit_ = 0;       // of a \u escape, as far as it came
  unsigned hex_digits_ = 0;           // how far that is
  std::uint32_t high_surrogate_ = 0;  // waits for its low one; 0: none
  State state_ = State::kBetween;
  Expected expected_ = Expected::kObject;
  bool cut_ = false;
  bool faulty_ = false;
};

}  // namespace torq::wire
