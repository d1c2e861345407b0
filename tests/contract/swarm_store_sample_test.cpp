// SPDX-License-Identifier: MIT
// Samples are uniform and without repetition. Seeds are fixed: these tests do not fail by chance, but a store that
// changes how it draws may need luck once. Bounds are 6 standard deviations.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "stores.hpp"

namespace torq::contract {
namespace {

/// How large the swarm is, how many are drawn, and how often.
struct Trial {
  std::size_t swarm, wanted, draws;
};

class SwarmStoreSample : public StoreTest {
 protected:
  /// Leechers only, a third of them IPv6, some refreshed, some gone again.
  void crowd(std::size_t size) {
    limit({});
    for (std::size_t n = 0; n < size + size / 4; ++n) leecher(peer(n), 0);
    for (std::size_t n = size; n < size + size / 4; ++n) leave(peer(n));
  }
  static SocketAddress peer(std::size_t n) { return n % 3 == 0 ? v6_peer(n) : v4_peer(n); }

  /// What a seeder hears, which is none of them itself.
  std::vector<SocketAddress> draw(std::size_t wanted) { return seeder(v4_peer(1'000'000), wanted).peers; }
};
INSTANTIATE_TEST_SUITE_P(Of, SwarmStoreSample, testing::ValuesIn(all_stores()), name_of);

double six_deviations(double draws, double probability) {
  return 6 * std::sqrt(draws * probability * (1 - probability));
}

TEST_P(SwarmStoreSample, GivesEveryPeerTheSameChance) {
  for (const Trial& t : {Trial{3, 1, 3000}, Trial{8, 5, 3000}, Trial{40, 10, 3000}, Trial{200, 150, 1000},
                         Trial{600, 20, 10000}, Trial{600, 500, 500}}) {
    crowd(t.swarm);
    std::map<SocketAddress, int> seen;

    for (std::size_t i = 0; i < t.draws; ++i) {
      for (const SocketAddress& p : draw(t.wanted)) ++seen[p];
    }

    const double chance = static_cast<double>(t.wanted) / static_cast<double>(t.swarm);
    const auto draws = static_cast<double>(t.draws);
    ASSERT_EQ(seen.size(), t.swarm);
    for (const auto& [p, count] : seen) ASSERT_NEAR(count, draws * chance, six_deviations(draws, chance)) << t.swarm;
  }
}

TEST_P(SwarmStoreSample, GivesEveryPairTheSameChance) {
  for (const Trial& t : {Trial{12, 3, 4000}, Trial{30, 20, 4000}, Trial{300, 40, 2000}}) {
    crowd(t.swarm);
    std::map<std::pair<SocketAddress, SocketAddress>, int> seen;

    for (std::size_t i = 0; i < t.draws; ++i) {
      const std::vector<SocketAddress> sample = draw(t.wanted);
      const std::set<SocketAddress> ordered(sample.begin(), sample.end());
      for (auto a = ordered.begin(); a != ordered.end(); ++a) {
        for (auto b = std::next(a); b != ordered.end(); ++b) ++seen[{*a, *b}];
      }
    }

    const auto size = static_cast<double>(t.swarm), wanted = static_cast<double>(t.wanted);
    const double chance = wanted * (wanted - 1) / (size * (size - 1));
    const auto draws = static_cast<double>(t.draws);
    ASSERT_EQ(seen.size(), t.swarm * (t.swarm - 1) / 2);
    for (const auto& [p, count] : seen) ASSERT_NEAR(count, draws * chance, six_deviations(draws, chance)) << t.swarm;
  }
}

TEST_P(SwarmStoreSample, NeverRepeatsAPeer) {
  for (const std::size_t size : {2, 10, 100, 1000}) {
    crowd(size);
    for (std::size_t wanted = 1; wanted <= size; wanted += 1 + wanted / 2) {
      const std::vector<SocketAddress> sample = draw(wanted);
      ASSERT_EQ(sample.size(), wanted);
      ASSERT_EQ(std::set<SocketAddress>(sample.begin(), sample.end()).size(), wanted);
    }
  }
}

TEST_P(SwarmStoreSample, DrawsFromThoseAliveWhenMostAreNot) {
  crowd(2000);
  pass_with_workers(kLifetime * 9 / 10);
  for (std::size_t n = 5000; n < 5100; ++n) leecher(peer(n), 0);
  pass_with_workers(kLifetime / 5);

  const std::vector<SocketAddress> sample = draw(60);

  EXPECT_EQ(std::set<SocketAddress>(sample.begin(), sample.end()).size(), 60u);
}

TEST_P(SwarmStoreSample, RepeatsForEqualSeeds) {
  crowd(500);

  random_ = Random(7);
  const auto first = draw(30);
  random_ = Random(7);

  EXPECT_EQ(draw(30), first);
}

}  // namespace
}  // namespace torq::contract
