// SPDX-License-Identifier: MIT
#include "torq/bencode/reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace torq::bencode {

/// One text while it is read. Depth is bounded, so the recursion is.
class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Result<Value, Error> whole() {
    auto value = next(0);
    if (value && at_ != text_.size()) return Failure(Error::kTrailingBytes);
    return value;
  }

 private:
  using Outcome = Result<void, Error>;

  Result<Value, Error> next(std::size_t depth) {
    if (at_ == text_.size()) return Failure(Error::kEndsEarly);
    if (values_++ == limits_.values) return Failure(Error::kTooManyValues);
    const std::size_t start = at_;
    Value value;
    const auto outcome = read(value, depth);
    if (!outcome) return Failure(outcome.error());
    value.raw_ = text_.substr(start, at_ - start);
    return value;
  }

  Outcome read(Value& value, std::size_t depth) {
    const char kind = text_[at_];
    if (kind == 'i') return read_integer(value.held_.emplace<std::int64_t>());
    if (is_digit(kind)) return read_text(value.held_.emplace<Value::Text>());
    if (kind != 'l' && kind != 'd') return Failure(Error::kNoValue);
    if (depth == limits_.depth) return Failure(Error::kTooDeep);
    ++at_;
    if (kind == 'l') return read_list(value.held_.emplace<Value::List>(), depth + 1);
    return read_dictionary(value.held_.emplace<Value::Dictionary>(), depth + 1);
  }

  Outcome read_list(Value::List& list, std::size_t depth) {
    while (!ends_here()) {
      auto value = next(depth);
      if (!value) return Failure(value.error());
      list.push_back(*std::move(value));
    }
    return {};
  }

  Outcome read_dictionary(Value::Dictionary& members, std::size_t depth) {
    while (!ends_here()) {
      if (at_ == text_.size()) return Failure(Error::kEndsEarly);
      if (!is_digit(text_[at_])) return Failure(Error::kKeyIsNoText);
      Value::Text key;
      const auto outcome = read_text(key);
      if (!outcome) return outcome;
      if (strict() && !members.empty() && members.back().first >= key) return Failure(Error::kKeysUnsorted);
      auto value = next(depth);
      if (!value) return Failure(value.error());
      members.emplace_back(key, *std::move(value));
    }
    return strict() ? Outcome() : sort(members);
  }

  static Outcome sort(Value::Dictionary& members) {
    const auto key = [](const auto& member) { return member.first; };
    std::ranges::sort(members, {}, key);
    const bool has_twice = std::ranges::adjacent_find(members, {}, key) != members.end();
    return has_twice ? Outcome(Failure(Error::kKeysUnsorted)) : Outcome();
  }
  bool strict() const { return limits_.order == KeyOrder::kSorted; }

  // Takes the `e` of a list or a dictionary.
  bool ends_here() {
    if (at_ == text_.size() || text_[at_] != 'e') return false;
    ++at_;
    return true;
  }

  Outcome read_integer(std::int64_t& number) {
    const std::size_t end = text_.find('e', at_);
    if (end == std::string_view::npos) return Failure(Error::kEndsEarly);
    const std::string_view digits = text_.substr(at_ + 1, end - at_ - 1);
    const bool negative = digits.starts_with('-');
    const std::string_view magnitude = digits.substr(negative ? 1 : 0);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (magnitude.empty() || error != std::errc() || stop != digits.data() + digits.size()) {
      return Failure(Error::kBadInteger);
    }
    if (magnitude.front() == '0' && (negative || magnitude.size() > 1)) return Failure(Error::kBadInteger);
    at_ = end + 1;
    return {};
  }

  Outcome read_text(Value::Text& text) {
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    std::size_t length = 0;
    const auto [stop, error] = std::from_chars(begin, end, length);
    if (error != std::errc()) return Failure(Error::kBadLength);
    if (stop == end) return Failure(Error::kEndsEarly);
    if (*stop != ':' || (*begin == '0' && stop - begin > 1)) return Failure(Error::kBadLength);
    at_ += static_cast<std::size_t>(stop - begin) + 1;
    if (length > text_.size() - at_) return Failure(Error::kEndsEarly);
    text = text_.substr(at_, length);
    at_ += length;
    return {};
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

std::string_view to_string(Error error) {
  static constexpr std::array<std::string_view, 9> kTexts = {
      "ends early",
      "holds a byte that begins no value",
      "holds an integer that is none",
      "holds a text with a bad length",
      "holds a key that is no text",
      "holds keys that are not sorted",
      "is nested too deep",
      "holds too many values",
      "has bytes behind its end",
  };
  return kTexts[static_cast<std::size_t>(error)];
}

const Value* Value::find(Text name) const {
  const Dictionary* members = dictionary();
  if (members == nullptr) return nullptr;
  const auto it = std::ranges::lower_bound(*members, name, {}, [](const auto& member) { return member.first; });
  return it == members->end() || it->first != name ? nullptr : &it->second;
}

Result<Value, Error> parse(Bytes bytes, const Limits& limits) { return Parser(as_text(bytes), limits).whole(); }

}  // namespace torq::bencode
