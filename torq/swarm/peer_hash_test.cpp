// SPDX-License-Identifier: MIT
#include "torq/swarm/peer_hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <vector>

namespace torq::swarm {
namespace {

using Peer = std::function<SocketAddress(std::uint32_t)>;

std::byte byte_of(std::uint32_t n, unsigned i) { return static_cast<std::byte>(n >> 8 * i); }

SocketAddress v4_neighbour(std::uint32_t n) {
  return {IpAddress::v4({byte_of(n, 3), byte_of(n, 2), byte_of(n, 1), byte_of(n, 0)}), 6881};
}
SocketAddress v4_port(std::uint32_t n) {
  return {IpAddress::v4({std::byte{8}, std::byte{8}, std::byte{8}, byte_of(n, 2)}), static_cast<std::uint16_t>(n)};
}
SocketAddress v6_neighbour(std::uint32_t n) {
  std::array<std::byte, 16> ip{std::byte{0x20}, std::byte{1}};
  for (unsigned i = 0; i < 4; ++i) ip[15 - i] = byte_of(n, i);
  return {IpAddress::v6(ip), 6881};
}
SocketAddress v6_network(std::uint32_t n) {
  std::array<std::byte, 16> ip{std::byte{0x20}, std::byte{1}};
  for (unsigned i = 0; i < 4; ++i) ip[4 + i] = byte_of(n, i);
  return {IpAddress::v6(ip), 6881};
}

/// How far the fullest of 256 equal stretches of the hashes is from the mean, in standard deviations.
template <class Entry>
double worst_deviation(const PeerHash& hash_of, const Peer& peer) {
  constexpr double kMean = 400, kStretches = 256;
  std::array<int, 256> counts{};
  for (std::uint32_t n = 0; n < kMean * kStretches; ++n) ++counts.at(hash_of(Entry(peer(n), Tick(0), false)) >> 55);
  double worst = 0;
  for (const int count : counts) worst = std::max(worst, std::abs(count - kMean) / std::sqrt(kMean));
  return worst;
}

TEST(PeerHash, SpreadsNeighboursEvenlyWhateverTheKey) {
  for (const SipKey& key : {SipKey{{0, 0}}, SipKey{{1, 0}}, SipKey{{0, 1}}, SipKey{{3, 4}}, SipKey{{~0ull, ~0ull}}}) {
    const PeerHash hash_of(key);
    EXPECT_LT(worst_deviation<V4Entry>(hash_of, v4_neighbour), 5.5);
    EXPECT_LT(worst_deviation<V4Entry>(hash_of, v4_port), 5.5);
    EXPECT_LT(worst_deviation<V6Entry>(hash_of, v6_neighbour), 5.5);
    EXPECT_LT(worst_deviation<V6Entry>(hash_of, v6_network), 5.5);
  }
}

TEST(PeerHash, IsNeitherZeroNorLargerThanItSays) {
  const PeerHash hash_of(SipKey{{5, 6}});
  for (std::uint32_t n = 0; n < 10'000; ++n) {
    const std::uint64_t hash = hash_of(V4Entry(v4_neighbour(n), Tick(0), false));
    ASSERT_GT(hash, 0u);
    ASSERT_LT(hash, std::uint64_t{1} << 63);
  }
}

TEST(PeerHash, IgnoresWhatIsNotTheAddress) {
  const PeerHash hash_of(SipKey{{5, 6}});

  EXPECT_EQ(hash_of(V4Entry(v4_neighbour(1), Tick(1), false)), hash_of(V4Entry(v4_neighbour(1), Tick(2), true)));
}

}  // namespace
}  // namespace torq::swarm
