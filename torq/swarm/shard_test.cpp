// SPDX-License-Identifier: MIT
// Passes of the sweep, step by step. What a shard does for peers is the contract's (tests/contract).

#include "torq/swarm/shard.hpp"

#include <gtest/gtest.h>

#include "torq/base/random.hpp"

namespace torq::swarm {
namespace {

using tracker::Role;

constexpr Duration kShardLifetime = std::chrono::seconds(160);

InfoHash swarm_number(std::uint8_t n) { return {{std::byte{n}}}; }

class ShardTest : public testing::Test {
 protected:
  void seeder(std::uint8_t swarm, std::uint8_t n) { visit(swarm, n, Role::kSeeder); }
  void leecher(std::uint8_t swarm, std::uint8_t n) { visit(swarm, n, Role::kLeecher); }
  void leave(std::uint8_t swarm, std::uint8_t n) { shard_.leave(now_, swarm_number(swarm), tag(swarm), peer(n)); }
  /// Those who still take up room.
  std::uint64_t seeders(std::uint8_t swarm) { return shard_.counts(now_, swarm_number(swarm), tag(swarm)).complete; }

  Instant now_{std::chrono::hours(1)};
  Random random_{1};
  Commons commons_{SipKey{{1, 2}}, kShardLifetime, {}};
  Shard shard_{commons_};

 private:
  Shard::Tag tag(std::uint8_t swarm) const { return Shard::tag_of(siphash(commons_.key, swarm_number(swarm).bytes)); }
  static SocketAddress peer(std::uint8_t n) {
    return {IpAddress::v4({std::byte{1}, std::byte{2}, std::byte{3}, std::byte{n}}), 1};
  }
  void visit(std::uint8_t swarm, std::uint8_t n, Role role) {
    shard_.visit(now_, {swarm_number(swarm), peer(n), role, false, 0}, tag(swarm), random_, {});
  }
};

TEST_F(ShardTest, PassIsDueSixteenTimesInALifetime) {
  int passes = 0;
  for (int i = 0; i < 1600; ++i) {
    now_ += kShardLifetime / 1600;
    const Shard::Progress progress = shard_.sweep(now_, 100);
    EXPECT_TRUE(progress.is_over);
    seeder(1, 1);
    passes += progress.visited > 0 ? 1 : 0;
  }

  EXPECT_NEAR(passes, 16, 1);
}

TEST_F(ShardTest, PassGoesOnWithTheNextSwarmWhenTheCurrentOneVanishes) {
  for (std::uint8_t n = 0; n < 10; ++n) {
    seeder(1, n);
    leecher(1, static_cast<std::uint8_t>(100 + n));
    seeder(2, n);
  }
  while (!shard_.sweep(now_, 1000).is_over) continue;
  now_ += kShardLifetime * 99 / 100;
  while (!shard_.sweep(now_, 1000).is_over) continue;
  for (std::uint8_t n = 0; n < 10; ++n) {
    if (n > 0) leave(1, n);
    leecher(1, static_cast<std::uint8_t>(100 + n));
  }
  now_ += kShardLifetime / 10;

  ASSERT_FALSE(shard_.sweep(now_, 1).is_over);
  ASSERT_EQ(seeders(1), 0u) << "the pass is in the middle of swarm 1: its seeder was over, its leechers are to come";
  for (std::uint8_t n = 0; n < 10; ++n) leave(1, static_cast<std::uint8_t>(100 + n));
  while (!shard_.sweep(now_, 1000).is_over) continue;

  EXPECT_EQ(seeders(2), 0u);
}

TEST_F(ShardTest, PassThatIsDueEndsHoweverSmallItsSteps) {
  for (std::uint8_t n = 0; n < 100; ++n) seeder(n, n), leecher(n, static_cast<std::uint8_t>(n + 100));
  now_ += kShardLifetime / 10;

  int steps = 1;
  for (; !shard_.sweep(now_, 1).is_over; ++steps) ASSERT_LT(steps, 10'000);

  EXPECT_GE(steps, 100);
}

}  // namespace
}  // namespace torq::swarm
