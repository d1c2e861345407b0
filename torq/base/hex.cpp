// SPDX-License-Identifier: MIT
#include "torq/base/hex.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace torq {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;

// A table, because the digits of a hash are as good as random, and branches on them are guessed wrong.
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) values[std::size_t{'0'} + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values[std::size_t{'a'} + i] = values[std::size_t{'A'} + i] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

// Sixteen digits at once, in the compiler's own vectors: what the processor has no such registers for, it does in
// parts.
constexpr bool kLowFirst = std::endian::native == std::endian::little;
constexpr std::size_t kBlock = 16;
using Digits = std::int8_t __attribute__((vector_size(kBlock)));
using Pairs = std::uint16_t __attribute__((vector_size(kBlock)));
using Values = std::uint8_t __attribute__((vector_size(kBlock / 2)));

bool block_from_hex(const char* digits, std::byte* out) {
  Digits text;
  std::memcpy(&text, digits, sizeof text);
  const Digits lower = text | 0x20;
  const Digits decimal = (text >= '0') & (text <= '9');
  const Digits letter = (lower >= 'a') & (lower <= 'f');
  const auto good = std::bit_cast<std::array<std::int64_t, 2>>(decimal | letter);
  const auto halves = std::bit_cast<Pairs>((text & 0x0f) + (letter & 9));
  const Pairs joined = kLowFirst ? (halves << 4 | halves >> 8) : (halves >> 4 | halves);
  const auto values = __builtin_convertvector(joined & 0xff, Values);
  std::memcpy(out, &values, sizeof values);
  return (good[0] & good[1]) == -1;
}

}  // namespace

std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text += kDigits[std::to_integer<std::size_t>(b >> 4)];
    text += kDigits[std::to_integer<std::size_t>(b & std::byte{0xf})];
  }
  return text;
}

bool from_hex(std::string_view digits, std::span<std::byte> out) {
  if (digits.size() != out.size() * 2) return false;
  if (digits.size() >= kBlock) {
    bool good = true;
    for (std::size_t i = 0; i + kBlock <= digits.size(); i += kBlock) {
      good &= block_from_hex(digits.data() + i, out.data() + i / 2);
    }
    const std::size_t last = digits.size() - kBlock;  // reads some again, unless the blocks end with the text
    return good & block_from_hex(digits.data() + last, out.data() + last / 2);
  }
  const auto value_of = [](char digit) { return unsigned{kValues[static_cast<unsigned char>(digit)]}; };
  unsigned all = 0;  // of the values, or-ed: only kNoDigit has more than four bits
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = value_of(digits[2 * i]);
    const unsigned low = value_of(digits[2 * i + 1]);
    all |= high | low;
    out[i] = static_cast<std::byte>(high << 4 | low);
  }
  return all < 16;
}

}  // namespace torq
