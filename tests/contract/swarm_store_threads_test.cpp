// SPDX-License-Identifier: MIT
// Stores are shared by all workers. These tests are most telling under ThreadSanitizer.

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "stores.hpp"

namespace torq::contract {
namespace {

class SwarmStoreThreads : public StoreTest {
 protected:
  static constexpr std::size_t kThreads = 4;

  /// Runs `work(thread number)` on all threads at once.
  template <class Work>
  static void on_all_threads(Work work) {
    std::vector<std::jthread> threads;
    for (std::size_t n = 0; n < kThreads; ++n) threads.emplace_back([=] { work(n); });
  }
};
INSTANTIATE_TEST_SUITE_P(Of, SwarmStoreThreads, testing::ValuesIn(all_stores()), name_of);

TEST_P(SwarmStoreThreads, LoseNoPeerOfASharedSwarm) {
  constexpr std::size_t kPeers = 600;  // per thread, of which a third leaves

  on_all_threads([this](std::size_t thread) {
    Random random(thread);
    for (std::size_t n = 0; n < kPeers; ++n) {
      const SocketAddress peer = v4_peer(thread * kPeers + n);
      const Role role = n % 2 == 0 ? Role::kSeeder : Role::kLeecher;
      store_->visit(now_, {swarm_, peer, Role::kLeecher, false, 20}, random, {});
      store_->visit(now_, {swarm_, peer, role, n % 4 == 0, 20}, random, {});
      store_->visit(now_, {swarm_number(2 + n), peer, role, false, 20}, random, {});
      if (n % 3 == 0) store_->leave(now_, swarm_, peer);
      if (n % 16 == 0) store_->expire(now_);
    }
  });

  EXPECT_EQ(counts(), (SwarmCounts{kThreads * 200, kThreads * 150, kThreads * 200}));
  for (std::size_t n = 0; n < kPeers; ++n) {
    const SwarmCounts other = store_->counts(now_, swarm_number(2 + n));
    ASSERT_EQ(other.complete + other.incomplete, kThreads);
  }
}

TEST_P(SwarmStoreThreads, ForgetEverybodyInTheEnd) {
  on_all_threads([this](std::size_t thread) {
    Random random(thread);
    for (std::size_t n = 0; n < 1500; ++n) {
      const Instant now = now_ + kLifetime / 500 * static_cast<int>(n);
      const InfoHash swarm = swarm_number(1 + n % 5);
      store_->visit(now, {swarm, v4_peer(thread * 1500 + n), Role::kSeeder, false, 5}, random, {});
      store_->expire(now);
    }
  });
  pass_with_workers(kLifetime * 6);

  for (std::size_t n = 1; n <= 5; ++n) EXPECT_EQ(store_->counts(now_, swarm_number(n)), SwarmCounts{}) << n;
}

TEST_P(SwarmStoreThreads, OfTwoThatVisitAtOnceOneHearsOfTheOther) {
  constexpr std::size_t kRounds = 500;
  std::barrier start(2);
  std::vector<std::atomic<int>> heard(kRounds);
  const auto visit_all = [&](std::size_t number) {
    Random random(number);
    for (std::size_t round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      const Visit visit{swarm_number(round), v4_peer(number), Role::kLeecher, false, 1};
      heard[round] += static_cast<int>(store_->visit(now_, visit, random, {}).peers.size());
    }
  };

  {
    const std::jthread one([&] { visit_all(1); }), other([&] { visit_all(2); });
  }

  for (const auto& count : heard) ASSERT_GE(count.load(), 1);
}

TEST_P(SwarmStoreThreads, NeverAdmitMoreThanTheLimits) {
  limit({.swarms = 50, .peers = 400, .peers_per_swarm = 30});
  std::atomic<std::size_t> admitted{0};

  on_all_threads([this, &admitted](std::size_t thread) {
    Random random(thread);
    for (std::size_t n = 0; n < 1000; ++n) {
      const Visit visit{swarm_number(n % 70), v4_peer(thread * 1000 + n), Role::kLeecher, false, 0};
      admitted += store_->visit(now_, visit, random, {}).admitted ? 1 : 0;
    }
  });

  std::size_t swarms = 0, peers = 0;
  for (std::size_t n = 0; n < 70; ++n) {
    const std::uint64_t size = store_->counts(now_, swarm_number(n)).incomplete;
    swarms += size > 0 ? 1 : 0;
    peers += size;
    EXPECT_LE(size, 30u);
  }
  EXPECT_LE(swarms, 50u);
  EXPECT_LE(peers, 400u);
  EXPECT_EQ(peers, admitted);
}

}  // namespace
}  // namespace torq::contract
