// SPDX-License-Identifier: MIT
// What MemoryStore promises beyond the contract (tests/contract): figures, and bounded work.

#include "torq/swarm/memory_store.hpp"

#include <gtest/gtest.h>

#include "torq/base/random.hpp"

namespace torq::swarm {
namespace {

using tracker::Role;
using tracker::VisitReply;

constexpr Duration kLifetime = std::chrono::seconds(150);

InfoHash swarm_number(std::size_t n) {
  InfoHash hash;
  for (unsigned i = 0; i < 4; ++i) hash.bytes[i] = static_cast<std::byte>(n >> 8 * i);
  return hash;
}

SocketAddress peer(std::size_t n) {
  const auto byte = [n](unsigned i) { return static_cast<std::byte>(n >> 8 * i); };
  return {IpAddress::v4({byte(3), byte(2), byte(1), byte(0)}), 6881};
}

class MemoryStoreTest : public testing::Test {
 protected:
  VisitReply visit(std::size_t swarm, std::size_t n, std::size_t wanted = 0) {
    return store_.visit(now_, {swarm_number(swarm), peer(n), Role::kLeecher, false, wanted}, random_, {});
  }

  Instant now_{std::chrono::hours(1)};
  Random random_{1};
  MemoryStore store_{SipKey{{3, 4}}, kLifetime, {.swarms = 100, .peers = 30'000, .peers_per_swarm = 20'000}};
};

TEST_F(MemoryStoreTest, FiguresAddUpPeersAndSwarms) {
  for (std::size_t n = 0; n < 50; ++n) visit(n % 10, n);
  store_.leave(now_, swarm_number(3), peer(3));

  EXPECT_EQ(store_.figures().swarms, 10u);
  EXPECT_EQ(store_.figures().peers, 49u);
}

TEST_F(MemoryStoreTest, FiguresCountWhatWasRefused) {
  for (std::size_t n = 0; n < 103; ++n) visit(n, 1);
  for (std::size_t n = 0; n < 20'005; ++n) visit(1, 10 + n);

  EXPECT_EQ(store_.figures().refused_swarms, 3u);
  EXPECT_EQ(store_.figures().refused_peers, 6u);
  EXPECT_EQ(store_.figures().swarms, 100u);
  EXPECT_EQ(store_.figures().peers, 20'099u);
}

TEST_F(MemoryStoreTest, ForeseesWithoutMakingOrKeepingAnything) {
  std::vector<InfoHash> coming;
  for (std::size_t n = 0; n < 80; ++n) coming.push_back(swarm_number(n));
  for (std::size_t n = 0; n < 40; ++n) visit(n, n);

  store_.foresee(coming);
  store_.foresee({});

  EXPECT_EQ(store_.figures().swarms, 40u);
  EXPECT_EQ(visit(39, 41).counts.incomplete, 2u);
}

TEST_F(MemoryStoreTest, GivesALongerLifetimeToThoseWhoAreThereToo) {
  const auto sweep_until = [this](Instant end) {
    for (; now_ < end; now_ += kLifetime / 15) {
      while (store_.expire(now_)) {
      }
    }
  };
  visit(1, 1);
  const Instant seen = now_;
  sweep_until(seen + kLifetime / 2);

  store_.use(now_, 4 * kLifetime, {});

  sweep_until(seen + 2 * kLifetime);
  EXPECT_EQ(store_.figures().peers, 1u);
  sweep_until(seen + 3 * kLifetime);
  EXPECT_EQ(store_.figures().peers, 0u) << "half of the old one and half of the new one";
}

TEST_F(MemoryStoreTest, TakesALifetimeFromNobody) {
  visit(1, 1);

  store_.use(now_, kLifetime / 10, {});

  now_ += kLifetime - std::chrono::seconds(1);
  EXPECT_EQ(store_.counts(now_, swarm_number(1)).incomplete, 1u);
}

TEST_F(MemoryStoreTest, HoldsNewcomersToNewLimits) {
  visit(1, 1);
  visit(2, 2);

  store_.use(now_, kLifetime, {.swarms = 2, .peers = 3});

  EXPECT_FALSE(visit(3, 3).admitted);
  EXPECT_TRUE(visit(1, 4).admitted);
  EXPECT_FALSE(visit(1, 5).admitted);
}

TEST_F(MemoryStoreTest, TellsWhatItHoldsInMemory) {
  const auto pass = [this] {
    now_ += kLifetime / 15;
    while (store_.expire(now_)) {
    }
  };
  const std::size_t empty = store_.bytes();
  for (std::size_t n = 0; n < 10'000; ++n) visit(1, n);
  pass();
  const std::size_t full = store_.bytes();
  for (int i = 0; i < 40; ++i) pass();

  EXPECT_GT(full, empty + 10'000 * 7);
  EXPECT_LT(full, empty + 10'000 * 21);
  EXPECT_LT(store_.bytes(), empty + 10'000);
}

TEST_F(MemoryStoreTest, FiguresReturnToZeroWhenAllIsForgotten) {
  for (std::size_t n = 0; n < 10'000; ++n) visit(n % 100, n);

  for (int round = 0; round < 80; ++round) {
    now_ += kLifetime / 64;
    while (store_.expire(now_)) continue;
  }
  EXPECT_EQ(store_.figures().swarms, 0u);
  EXPECT_EQ(store_.figures().peers, 0u);

  visit(1, 1);
  now_ += kLifetime * 10;
  visit(2, 2);
  while (store_.expire(now_)) continue;
  EXPECT_EQ(store_.figures().swarms, 1u);
  EXPECT_EQ(store_.figures().peers, 1u);
}

SocketAddress neighbour(const SocketAddress& peer, std::size_t port) {
  return {peer.ip, static_cast<std::uint16_t>(port)};
}

class CrowdedStore : public testing::Test {
 protected:
  bool admits(const SocketAddress& peer, Role role = Role::kLeecher) {
    return store_.visit(Instant{std::chrono::hours(1)}, {swarm_number(1), peer, role, false, 0}, random_, {}).admitted;
  }

  Random random_{1};
  MemoryStore store_{
      SipKey{{3, 4}}, kLifetime, {.peers_per_address = 10, .exempt = {*parse_address_prefix("127.0.0.0/8")}}};
};

TEST_F(CrowdedStore, AdmitsSoManyPeersOfAnAddressAndRefreshesThem) {
  for (std::size_t n = 1; n <= 10; ++n)
    EXPECT_TRUE(admits(neighbour(peer(7), n), n % 2 ? Role::kSeeder : Role::kLeecher));

  EXPECT_FALSE(admits(neighbour(peer(7), 11)));
  EXPECT_TRUE(admits(neighbour(peer(7), 3)));
  EXPECT_TRUE(admits(peer(8)));
  EXPECT_EQ(store_.figures().refused_by_address, 1u);
  EXPECT_EQ(store_.figures().peers, 11u);
}

TEST_F(CrowdedStore, CountsAnIpv6CustomerAsOne) {
  const auto host = [](unsigned net, std::size_t n) {
    return *parse_socket_address("[2001:db8:0:" + std::to_string(net) + "00::" + std::to_string(n) + "]:1");
  };
  for (std::size_t n = 0; n < 10; ++n) EXPECT_TRUE(admits(host(1, n)));

  EXPECT_FALSE(admits(host(1, 10)));
  EXPECT_TRUE(admits(host(2, 10)));
}

TEST_F(CrowdedStore, SparesTheExempt) {
  const SocketAddress here = *parse_socket_address("127.0.0.1:1");
  for (std::size_t n = 1; n <= 1000; ++n) EXPECT_TRUE(admits(neighbour(here, n)));
}

TEST_F(CrowdedStore, KeepsAnAddressToAShareOfALargeSwarm) {
  for (std::size_t n = 0; n < 5000; ++n) admits(peer(n << 8));
  EXPECT_EQ(store_.figures().peers, 5000u);

  std::size_t admitted = 0;
  for (std::size_t n = 1; n <= 5000; ++n) admitted += admits(neighbour(peer(7), n)) ? 1 : 0;

  EXPECT_LT(admitted, 1500u);
}

TEST_F(MemoryStoreTest, ExpireRemovesAMassInManySmallSteps) {
  for (std::size_t n = 0; n < 20'000; ++n) visit(1, n);
  now_ += kLifetime * 99 / 100;
  while (store_.expire(now_)) continue;
  now_ += kLifetime / 10;

  std::size_t calls = 0, before = store_.figures().peers;
  for (bool more = true; more; ++calls) {
    more = store_.expire(now_);
    const std::size_t after = store_.figures().peers;
    ASSERT_LE(before - after, 6000u);
    before = after;
  }

  EXPECT_GE(calls, 5u);
  EXPECT_EQ(before, 0u);
}

TEST_F(MemoryStoreTest, ServesWhileAPassIsUnderWay) {
  for (std::size_t n = 0; n < 20'000; ++n) visit(1, n);
  now_ += kLifetime * 99 / 100;
  while (store_.expire(now_)) continue;
  for (std::size_t n = 0; n < 5000; ++n) visit(1, n);
  now_ += kLifetime / 10;

  for (std::size_t n = 20'000; store_.expire(now_); ++n) {
    const VisitReply reply = visit(1, n % 2 == 0 ? n % 5000 : n, 50);
    ASSERT_EQ(reply.peers.size(), 50u);
    for (const SocketAddress& p : reply.peers) ASSERT_TRUE(p < peer(5000) || p >= peer(20'000));
  }
}

}  // namespace
}  // namespace torq::swarm
