// SPDX-License-Identifier: MIT
// A store that was written down and read back, possibly by another process, later, while others use it.

#include "torq/swarm/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <thread>

#include "torq/base/random.hpp"

namespace torq::swarm {
namespace {

using namespace std::chrono_literals;
using tracker::Role;
using tracker::SwarmCounts;

constexpr Duration kPeerLifetime = 150s;

InfoHash swarm_number(std::size_t n) {
  InfoHash hash;
  for (unsigned i = 0; i < 4; ++i) hash.bytes[i] = static_cast<std::byte>(n >> 8 * i);
  return hash;
}

/// IPv6 when n is odd.
SocketAddress peer(std::size_t n) {
  const auto byte = [n](unsigned i) { return static_cast<std::byte>(n >> 8 * i); };
  if (n % 2 == 0) return {IpAddress::v4({byte(3), byte(2), byte(1), byte(0)}), 6881};
  return {IpAddress::v6({std::byte{0x20}, {}, {}, {}, byte(3), byte(2), byte(1), byte(0)}), 6881};
}

/// A process: its store, and its own idea of time.
struct Process {
  explicit Process(std::uint64_t key, const StoreLimits& limits = {})
      : store(SipKey{{key, 4}}, kPeerLifetime, limits) {}

  void visit(std::size_t swarm, std::size_t n, Role role = Role::kLeecher, bool completed = false) {
    store.visit(now, {swarm_number(swarm), peer(n), role, completed, 0}, random, {});
  }
  SwarmCounts counts(std::size_t swarm) { return store.counts(now, swarm_number(swarm)); }
  /// Everyone that a stranger hears of, who leaves at once.
  std::set<SocketAddress> peers(std::size_t swarm) {
    const SocketAddress stranger = peer(0xffffffff);
    const auto reply = store.visit(now, {swarm_number(swarm), stranger, Role::kLeecher, false, 1000}, random, {});
    store.leave(now, swarm_number(swarm), stranger);
    return {reply.peers.begin(), reply.peers.end()};
  }
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += kPeerLifetime / 64) {
      now += std::min(kPeerLifetime / 64, time - passed);
      while (store.expire(now)) continue;
    }
  }

  std::vector<std::byte> snapshot(const std::function<void()>& meanwhile = [] {}) {
    std::vector<std::byte> bytes;
    SnapshotWriter writer(store, now, {});
    for (Bytes part = writer.next(now); !part.empty(); part = writer.next(now)) {
      bytes.insert(bytes.end(), part.begin(), part.end());
      meanwhile();
    }
    return bytes;
  }
  void restore(const std::vector<std::byte>& bytes, Duration downtime = {}) {
    const auto cut = cut_snapshot(bytes);
    ASSERT_TRUE(cut);
    for (std::size_t n = 0; n < cut->blocks.size(); ++n) {
      const auto block = cut->block(n);
      ASSERT_TRUE(block) << text_of(block.error());
      store.restore(now, downtime, cut->header, *block);
    }
  }

  MemoryStore store;
  Instant now{1h};
  Random random{1};
};

TEST(Snapshot, OfAnEmptyStoreIsAnEmptyStore) {
  Process before(1), after(2);

  after.restore(before.snapshot());

  EXPECT_EQ(after.store.figures().swarms, 0u);
}

TEST(Snapshot, BringsBackSwarmsOfAllSizes) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Process before(seed), after(seed + 100);
    after.now = Instant(1s);
    Random random(seed);
    const std::size_t sizes[] = {1, 2, 3, 40, 300, 900, 1 + random.below(2000)};
    for (std::size_t swarm = 0; swarm < std::size(sizes); ++swarm) {
      for (std::size_t n = 0; n < sizes[swarm]; ++n) {
        const bool seeds = random.below(3) == 0;
        before.visit(swarm, random.below(1'000'000), seeds ? Role::kSeeder : Role::kLeecher, seeds && n % 2 == 0);
      }
    }

    after.restore(before.snapshot());

    for (std::size_t swarm = 0; swarm < std::size(sizes); ++swarm) {
      EXPECT_EQ(after.counts(swarm), before.counts(swarm));
      if (sizes[swarm] > 900) continue;
      EXPECT_EQ(after.peers(swarm), before.peers(swarm));
    }
    EXPECT_EQ(after.store.figures().peers, before.store.figures().peers);
  }
}

TEST(Snapshot, LivesGoOnWhereTheyWereAndTheDowntimeCounts) {
  Process before(1), after(2);
  before.visit(1, 10);
  before.pass(100s);
  before.visit(1, 20);

  after.restore(before.snapshot(), 20s);

  EXPECT_EQ(after.peers(1).size(), 2u);
  after.now += 29s;
  EXPECT_EQ(after.peers(1).size(), 2u) << "a lifetime must not end early";
  after.now += 2s;
  EXPECT_EQ(after.peers(1), std::set{peer(20)});
  after.now += 98s;
  EXPECT_EQ(after.peers(1), std::set{peer(20)});
  after.now += 2s;
  EXPECT_EQ(after.peers(1).size(), 0u);
}

TEST(Snapshot, WhoseLifetimeEndedMeanwhileIsNotBack) {
  Process before(1), after(2);
  before.visit(1, 10);
  before.visit(2, 11);

  after.restore(before.snapshot(), 151s);

  EXPECT_EQ(after.store.figures().swarms, 0u);
  EXPECT_EQ(after.store.figures().peers, 0u);
}

TEST(Snapshot, AnotherLifetimeMeasuresTheSameAges) {
  Process before(1);
  before.visit(1, 10);
  before.pass(100s);
  MemoryStore shorter(SipKey{{1, 2}}, 110s), longer(SipKey{{1, 2}}, 300s);

  const auto bytes = before.snapshot();
  const auto cut = cut_snapshot(bytes).value();
  for (MemoryStore* store : {&shorter, &longer}) store->restore(before.now, 0s, cut.header, cut.block(0).value());

  const auto alive = [&](MemoryStore& store, Duration later) {
    return store.visit(before.now + later, {swarm_number(1), peer(9), Role::kLeecher, false, 10}, before.random, {})
        .peers.size();
  };
  EXPECT_EQ(alive(shorter, 9s), 1u);
  EXPECT_EQ(alive(shorter, 11s), 0u);
  EXPECT_EQ(alive(longer, 199s), 1u);
  EXPECT_EQ(alive(longer, 202s), 0u);
}

TEST(Snapshot, KeepsTheDownloadedCountsAlsoOfEmptySwarms) {
  Process before(1), after(2);
  before.visit(1, 10, Role::kSeeder, true);
  before.visit(1, 12, Role::kSeeder, true);
  before.visit(2, 14, Role::kSeeder, true);
  before.store.leave(before.now, swarm_number(2), peer(14));

  after.restore(before.snapshot(), 10s);

  EXPECT_EQ(after.counts(1), (SwarmCounts{2, 2, 0}));
  EXPECT_EQ(after.counts(2), (SwarmCounts{0, 1, 0}));
  after.visit(1, 10, Role::kSeeder, true);
  EXPECT_EQ(after.counts(1).downloaded, 2u) << "of a peer that was counted before the restart";
  after.pass(2 * kPeerLifetime + kPeerLifetime / 4);
  EXPECT_EQ(after.store.figures().swarms, 0u);
}

TEST(Snapshot, LimitsHoldForWhatComesBack) {
  Process before(1);
  for (std::size_t n = 0; n < 500; ++n) before.visit(n % 50, n, Role::kSeeder, true);
  const auto bytes = before.snapshot();

  Process few_swarms(2, {.swarms = 10, .peers = 1000, .peers_per_swarm = 1000});
  Process few_peers(3, {.swarms = 100, .peers = 30, .peers_per_swarm = 1000});
  Process small_swarms(4, {.swarms = 100, .peers = 1000, .peers_per_swarm = 3});
  for (Process* process : {&few_swarms, &few_peers, &small_swarms}) process->restore(bytes);

  EXPECT_EQ(few_swarms.store.figures().swarms, 10u);
  EXPECT_EQ(few_swarms.store.figures().peers, 100u);
  EXPECT_EQ(few_peers.store.figures().peers, 30u);
  EXPECT_EQ(small_swarms.store.figures().peers, 150u);
}

TEST(Snapshot, RestoredTwiceIsRestoredOnce) {
  Process before(1), after(2);
  for (std::size_t n = 0; n < 1000; ++n) before.visit(n % 3, n, n % 2 ? Role::kSeeder : Role::kLeecher, n % 2 != 0);

  const auto bytes = before.snapshot();
  after.restore(bytes);
  after.restore(bytes);

  for (std::size_t swarm = 0; swarm < 3; ++swarm) EXPECT_EQ(after.counts(swarm), before.counts(swarm));
}

TEST(Snapshot, NobodyWhoStaysIsMissedHoweverTheStoreChangesMeanwhile) {
  Process before(1), after(2);
  for (std::size_t n = 0; n < 20'000; ++n) before.visit(1, n);
  for (std::size_t n = 0; n < 3000; ++n) before.visit(2 + n, n);

  std::size_t turn = 0;
  const auto bytes = before.snapshot([&] {
    // Peers come in masses, so that tables move, complete, and leave.
    for (std::size_t n = 0; n < 400; ++n) before.visit(1, 100'000 + 400 * turn + n);
    for (std::size_t n = 0; n < 50; ++n) before.visit(1, 50 * turn + n, Role::kSeeder, true);
    for (std::size_t n = 0; n < 100; ++n) {
      before.store.leave(before.now, swarm_number(1), peer(10'000 + 100 * turn + n));
    }
    ++turn;
  });
  after.restore(bytes);

  ASSERT_GT(turn, 20u) << "the copy is made in small steps";
  const std::size_t completed = after.counts(1).downloaded;
  EXPECT_LE(completed, 50 * turn);
  EXPECT_GE(after.counts(1).incomplete + after.counts(1).complete, 20'000u - std::min<std::size_t>(100 * turn, 10'000));
  for (std::size_t n = 0; n < 3000; ++n) ASSERT_EQ(after.counts(2 + n).incomplete, 1u);
  const std::size_t known = after.store.figures().peers;
  for (std::size_t n = 0; n < 10'000; ++n) after.visit(1, n);  // who stayed
  EXPECT_EQ(after.store.figures().peers, known) << "somebody had to come anew";
}

TEST(Snapshot, EachStepIsSmall) {
  Process before(1);
  for (std::size_t n = 0; n < 50'000; ++n) before.visit(n < 30'000 ? 1 : n, n);

  const auto bytes = before.snapshot();

  const auto cut = cut_snapshot(bytes).value();
  for (const Bytes block : cut.blocks) EXPECT_LT(block.size(), 64u * 1024);
}

TEST(Snapshot, IsTakenWhileOthersVisit) {
  Process before(1), after(2);
  for (std::size_t n = 0; n < 5000; ++n) before.visit(n % 100, n);

  std::thread visitor([&store = before.store, now = before.now] {
    Random random(7);
    for (std::size_t n = 0; n < 20'000; ++n) {
      store.visit(now, {swarm_number(n % 200), peer(n % 7000), n % 3 ? Role::kSeeder : Role::kLeecher, false, 10},
                  random, {});
    }
  });
  std::vector<std::byte> bytes;
  for (int i = 0; i < 5; ++i) bytes = before.snapshot();
  visitor.join();
  after.restore(bytes);

  EXPECT_GE(after.store.figures().peers, 5000u);
}

}  // namespace
}  // namespace torq::swarm
