// SPDX-License-Identifier: MIT
#pragma once
// What a swarm keeps of a peer, packed: its address, and when it was last seen. 8 bytes for IPv4, 20 for IPv6. An entry
// of zeros is a vacant place in a table.
//
//   | IP address, 4 or 16 | port, 2 | tick, 14 bits : completed, 1 bit : occupied, 1 bit |

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "torq/base/address.hpp"
#include "torq/swarm/peer_clock.hpp"

namespace torq::swarm {

template <std::size_t IpSize>
class PeerEntry {
 public:
  PeerEntry() = default;
  PeerEntry(const SocketAddress& peer, Tick seen, bool completed) {
    std::copy_n(peer.ip.bytes().begin(), IpSize, address_.begin());
    address_[IpSize] = static_cast<std::byte>(peer.port >> 8);
    address_[IpSize + 1] = static_cast<std::byte>(peer.port);
    see(seen, completed);
  }

  bool is_occupied() const { return mark_ != 0; }
  bool is_same_peer(const PeerEntry& other) const {
    if constexpr (IpSize == 4) return ((word() ^ other.word()) & kAddressOfWord) == 0;
    return std::memcmp(address_.data(), other.address_.data(), IpSize + 2) == 0;  // array == compares byte by byte
  }
  /// Of the same IPv4 address or IPv6 /56: one customer of a provider.
  bool is_neighbour(const PeerEntry& other) const {
    return std::memcmp(address_.data(), other.address_.data(), IpSize == 4 ? 4 : 7) == 0;
  }
  bool is_over(Tick now) const { return Tick(mark_ >> 2).is_over(now); }
  unsigned age(Tick now) const { return Tick(mark_ >> 2).age(now); }
  bool has_completed() const { return (mark_ & kCompleted) != 0; }

  void see(Tick now, bool completed) {
    mark_ = static_cast<std::uint16_t>(now.bits() << 2 | (completed ? kCompleted : 0) | kOccupied);
  }

  SocketAddress address() const {
    std::array<std::byte, IpSize> ip;
    std::copy_n(address_.begin(), IpSize, ip.begin());
    const auto high = std::to_integer<unsigned>(address_[IpSize]),
               low = std::to_integer<unsigned>(address_[IpSize + 1]);
    const auto port = static_cast<std::uint16_t>(high << 8 | low);
    if constexpr (IpSize == 4) return {IpAddress::v4(ip), port};
    if constexpr (IpSize == 16) return {IpAddress::v6(ip), port};
  }

  /// IP address and port in network byte order.
  Bytes address_bytes() const { return address_; }

  /// The address as words to be hashed.
  std::array<std::uint64_t, 3> words() const {
    std::array<std::uint64_t, 3> words{};
    std::memcpy(words.data(), address_.data(), address_.size());
    return words;
  }

 private:
  static constexpr unsigned kOccupied = 1, kCompleted = 2;
  // Which bits of an IPv4 entry, read as one word, are its address.
  static constexpr auto kAddressOfWord =
      std::bit_cast<std::uint64_t>(std::array<std::uint8_t, 8>{255, 255, 255, 255, 255, 255});

  std::uint64_t word() const {
    std::uint64_t word;
    std::memcpy(&word, this, sizeof word);
    return word;
  }

  std::array<std::byte, IpSize + 2> address_{};
  std::uint16_t mark_ = 0;
};

using V4Entry = PeerEntry<4>;
using V6Entry = PeerEntry<16>;
static_assert(sizeof(V4Entry) == 8 && sizeof(V6Entry) == 20);

}  // namespace torq::swarm
