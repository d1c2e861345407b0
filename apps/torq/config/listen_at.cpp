// SPDX-License-Identifier: MIT
#include "apps/torq/config/listen_at.hpp"

#include <algorithm>

namespace torq::app {

std::string_view name_of(Door door) {
  static constexpr std::array<std::string_view, kDoors.size()> kNames = {"quic", "udp", "https", "http"};
  return kNames[static_cast<std::size_t>(door)];
}

std::optional<ListenAt> parse_listen_at(std::string_view text) {
  ListenAt where;
  const std::size_t colon = text.find("://");
  if (colon != std::string_view::npos) {
    const auto door = std::ranges::find(kDoors, text.substr(0, colon), name_of);
    if (door == kDoors.end()) return std::nullopt;
    where.door = *door;
    text.remove_prefix(colon + 3);
  }
  const auto address = parse_socket_address(text);
  if (!address) return std::nullopt;
  where.address = *address;
  return where;
}

std::string to_string(const ListenAt& where) {
  return (where.door ? std::string(name_of(*where.door)) + "://" : "") + to_string(where.address);
}

}  // namespace torq::app
