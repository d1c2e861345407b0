// SPDX-License-Identifier: MIT
#include "torq/wire/percent.hpp"

#include <array>

namespace torq::wire {
namespace {

constexpr std::array<signed char, 256> make_digits() {
  std::array<signed char, 256> digits{};
  digits.fill(-1);
  for (unsigned i = 0; i < 10; ++i) digits['0' + i] = static_cast<signed char>(i);
  for (unsigned i = 0; i < 6; ++i) digits['a' + i] = digits['A' + i] = static_cast<signed char>(10 + i);
  return digits;
}

constexpr auto kDigits = make_digits();

int digit(char c) { return kDigits[static_cast<unsigned char>(c)]; }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::optional<std::size_t> percent_decode(std::string_view text, std::span<char> out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i, ++size) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = digit(text[i + 1]);
      const int low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (size < out.size()) out[size] = c;
  }
  return size;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded(text.size(), '\0');
  const auto size = percent_decode(text, decoded);
  if (!size) return std::nullopt;
  decoded.resize(*size);
  return decoded;
}

void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
}

}  // namespace torq::wire
