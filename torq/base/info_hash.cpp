// SPDX-License-Identifier: MIT
#include "torq/base/info_hash.hpp"

#include "torq/base/hex.hpp"

namespace torq {

std::optional<InfoHash> parse_info_hash(std::string_view digits) {
  constexpr std::size_t kVersion1Digits = 40;
  constexpr std::size_t kVersion2Digits = 64;
  InfoHash hash;
  std::array<std::byte, kVersion2Digits / 2 - InfoHash::kSize> rest{};
  if (digits.size() == kVersion2Digits) {
    if (!from_hex(digits.substr(kVersion1Digits), rest)) return std::nullopt;
    digits = digits.substr(0, kVersion1Digits);
  }
  if (!from_hex(digits, hash.bytes)) return std::nullopt;
  return hash;
}

std::string to_string(const InfoHash& hash) { return to_hex(hash.bytes); }

}  // namespace torq
