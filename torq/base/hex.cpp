// SPDX-License-Identifier: MIT
#include "torq/base/hex.hpp"

#include <array>
#include <cstdint>

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
