// SPDX-License-Identifier: MIT
#pragma once
// The small change of JSON text (RFC 8259) that encoders and decoders of this module share: strings, whole numbers, and
// bytes as decimal digits. Pure. Internal to wire/.

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "torq/wire/messages.hpp"

namespace torq::wire {

/// White space as JSON knows it (RFC 8259 2), nothing else.
constexpr bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

constexpr std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  return text;
}

/// A value without its inside. Of containers, only what they are.
struct JsonScalar {
  enum class Kind : std::uint8_t { kAbsent, kNull, kBool, kNumber, kText, kArray, kObject };

  Kind kind = Kind::kAbsent;
  std::string_view text;  ///< of a text: its value; of a number or bool: its token

  bool is_text() const { return kind == Kind::kText; }
  bool is_number() const { return kind == Kind::kNumber; }
  /// `null` is an absent member everywhere.
  bool is_absent() const { return kind == Kind::kAbsent || kind == Kind::kNull; }
};

/// A number or a literal; kAbsent for anything else. `token` is all of it.
JsonScalar bare_scalar(std::string_view token);

bool is_utf8(std::string_view text);

/// The grammar of RFC 8259 6, from the first character to the last. Costs no more than the characters.
bool is_json_number(std::string_view token);

/// A JSON number that is written as a whole one. What does not fit T is clamped to its edge and `fits` is false.
template <std::integral T>
struct WholeNumber {
  T value{};
  bool fits = true;
};

/// Nothing for a number with a fraction or an exponent, also when that happens to be whole (6881.0, 6.881e3).
template <std::integral T>
std::optional<WholeNumber<T>> whole_number(std::string_view json_number) {
  if (json_number == "-0") return WholeNumber<T>{};
  const bool negative = json_number.starts_with('-');
  if (json_number.find_first_not_of("0123456789", negative ? 1 : 0) != std::string_view::npos) return std::nullopt;
  if (negative && std::unsigned_integral<T>) return WholeNumber<T>{0, false};
  WholeNumber<T> number;
  const auto [end, error] = std::from_chars(json_number.data(), json_number.data() + json_number.size(), number.value);
  if (error == std::errc::result_out_of_range) {
    return WholeNumber<T>{negative ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max(), false};
  }
  if (error != std::errc()) return std::nullopt;
  return number;
}

/// In quotes and escaped. The text is valid UTF-8.
void append_json_text(std::string& out, std::string_view text);
void append_number(std::string& out, std::uint64_t number);
/// Their names, with commas between.
void append_capabilities(std::string& out, const CapabilitySet& capabilities);

/// A byte as up to three decimal digits; `text` is padded so that four bytes can be copied whatever the length.
struct DecimalByte {
  std::array<char, 4> text{};
  std::uint8_t length = 0;
};

constexpr std::array<DecimalByte, 256> make_decimal_bytes() {
  std::array<DecimalByte, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    DecimalByte& entry = table[value];
    if (value >= 100) entry.text[entry.length++] = static_cast<char>('0' + value / 100);
    if (value >= 10) entry.text[entry.length++] = static_cast<char>('0' + value / 10 % 10);
    entry.text[entry.length++] = static_cast<char>('0' + value % 10);
  }
  return table;
}

inline constexpr std::array<DecimalByte, 256> kDecimalBytes = make_decimal_bytes();

}  // namespace torq::wire
