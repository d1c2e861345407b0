// SPDX-License-Identifier: MIT
#pragma once
// The 20 bytes that name a swarm (BEP 3). A v2 info hash (BEP 52, 32 bytes) names the swarm of its first 20.

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace torq {

struct InfoHash {
  static constexpr std::size_t kSize = 20;
  std::array<std::byte, kSize> bytes{};

  auto operator<=>(const InfoHash&) const = default;
};

/// From 40 hexadecimal digits, or 64 of which the first 40 count; nothing for any other text.
std::optional<InfoHash> parse_info_hash(std::string_view digits);

/// 40 lower-case digits.
std::string to_string(const InfoHash& hash);

}  // namespace torq
