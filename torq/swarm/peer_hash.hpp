// SPDX-License-Identifier: MIT
#pragma once
// The order of peers in an OrderedTable. Peers choose their ports, and 64 bits of an IPv6 address: a secret key keeps
// them from crowding one stretch of a table. Multiply-and-fold (as in wyhash) is weaker than SipHash, but several times
// faster, and nobody outside sees a hash or an order that depends on it: samples are drawn at random.

#include <cstddef>
#include <cstdint>

#include "torq/base/bytes.hpp"
#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/siphash.hpp"

namespace torq::swarm {

class PeerHash {
 public:
  /// Any key will do, also one with few bits set.
  explicit PeerHash(const SipKey& key) : a_(siphash(key, as_bytes("peer a"))), b_(siphash(key, as_bytes("peer b"))) {}

  /// 1 to 2^63 - 1; the upper bits are the better ones.
  template <std::size_t IpSize>
  std::uint64_t operator()(const PeerEntry<IpSize>& entry) const {
    const auto words = entry.words();
    std::uint64_t hash = fold(words[0] ^ a_, words[1] ^ b_);
    if constexpr (IpSize == 16) hash ^= words[2];
    return fold(hash ^ b_, a_ | 1) >> 1 | 1;
  }

 private:
  static std::uint64_t fold(std::uint64_t x, std::uint64_t y) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(x) * y;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

  std::uint64_t a_, b_;
};

}  // namespace torq::swarm
