// SPDX-License-Identifier: MIT
#include "torq/swarm/peer_clock.hpp"

#include <gtest/gtest.h>

namespace torq::swarm {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(PeerClock, EndsALifetimeNeverEarlyAndLateByAtMostAThousandth) {
  for (const Duration lifetime : {Duration(seconds(1)), Duration(seconds(150)), Duration(seconds(3630)),
                                  Duration(std::chrono::hours(24 * 7)), Duration(1'000'000'007)}) {
    const PeerClock clock(lifetime);
    for (int i = 0; i < 1000; ++i) {
      const Instant seen{lifetime * 5 + nanoseconds(i * 7919)};
      const Tick tick(clock.ticks(seen));
      ASSERT_FALSE(tick.is_over(Tick(clock.ticks(seen + lifetime))));
      ASSERT_TRUE(tick.is_over(Tick(clock.ticks(seen + lifetime + lifetime / 1000))));
    }
  }
}

TEST(PeerClock, GoesOnAtAnotherPaceFromWhereItIs) {
  const PeerClock before{seconds(150)};
  const Instant change{seconds(1000)};

  const PeerClock after = PeerClock::following(before, change, seconds(600));

  EXPECT_EQ(after.ticks(change), before.ticks(change));
  EXPECT_EQ(after.ticks(change - seconds(9)), before.ticks(change)) << "a thread that is late";
  EXPECT_EQ(after.ticks(change + seconds(600)) - after.ticks(change), kLifetimeTicks);
}

TEST(Tick, TellsAgesOfUpToFourLifetimesApart) {
  for (TickCount seen = 0; seen < 40'000; seen += 123) {
    for (TickCount age = 0; age <= 4 * kLifetimeTicks; age += 100) {
      ASSERT_EQ(Tick(seen).is_over(Tick(seen + age)), age > kLifetimeTicks) << seen << " " << age;
    }
  }
}

}  // namespace
}  // namespace torq::swarm
