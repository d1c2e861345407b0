// SPDX-License-Identifier: MIT
#pragma once
// Where a server listens and by which of its doors: `quic://192.0.2.1:7001`, or `192.0.2.1:7001` for all of them on one
// number. Pure.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/address.hpp"

namespace torq::app {

enum class Door : std::uint8_t {
  kQuic,   ///< UDP: JSON and HTTP/3 over QUIC
  kUdp,    ///< UDP: BEP 15
  kHttps,  ///< TCP
  kHttp,   ///< TCP
};

inline constexpr std::array kDoors = {Door::kQuic, Door::kUdp, Door::kHttps, Door::kHttp};

/// `quic`, as in a URL and in the ready line.
std::string_view name_of(Door door);

struct ListenAt {
  std::optional<Door> door;  ///< nothing: all
  SocketAddress address;     ///< port 0: one that is free

  bool has(Door which) const { return !door || *door == which; }
  bool operator==(const ListenAt&) const = default;
};

std::optional<ListenAt> parse_listen_at(std::string_view text);
std::string to_string(const ListenAt& where);

}  // namespace torq::app
