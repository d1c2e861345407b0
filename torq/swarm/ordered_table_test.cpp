// SPDX-License-Identifier: MIT
#include "torq/swarm/ordered_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "torq/base/random.hpp"

namespace torq::swarm {
namespace {

constexpr Tick kNow(0);
constexpr Tick kDead(-kLifetimeTicks - 1);  // the tick of a peer whose lifetime is over at kNow

SocketAddress numbered_peer(std::size_t n) {
  const auto byte = [n](unsigned i) { return static_cast<std::byte>(n >> 8 * i); };
  return {IpAddress::v4({byte(3), byte(2), byte(1), byte(0)}), static_cast<std::uint16_t>(1 + n % 7)};
}

/// A table beside the set of peers that must be in it.
class OrderedTableTest : public testing::Test {
 protected:
  static V4Entry alive(std::size_t n) { return V4Entry(numbered_peer(n), kNow, false); }

  void insert(std::size_t n, Tick seen = kNow) {
    table_.insert(V4Entry(numbered_peer(n), seen, false), hash_of_);
    expected_.insert(n);
  }
  void erase(std::size_t n) {
    table_.erase(alive(n), hash_of_);
    expected_.erase(n);
  }
  bool contains(std::size_t n) { return table_.find(alive(n), hash_of_) != nullptr; }

  SweepStep sweep(SweepCursor cursor, std::size_t budget) {
    return table_.sweep(cursor, budget, hash_of_, [](const V4Entry& entry) { return entry.is_over(kNow); });
  }

  /// Every place is visited, every peer looked up.
  void expect_holds_exactly_the_expected() {
    std::set<SocketAddress> found;
    for (std::size_t slot = 0; slot < table_.slots(); ++slot) {
      if (table_.at(slot).is_occupied()) found.insert(table_.at(slot).address());
    }
    std::set<SocketAddress> peers;
    for (const std::size_t n : expected_) {
      peers.insert(numbered_peer(n));
      ASSERT_TRUE(contains(n)) << n;
    }
    EXPECT_TRUE(found == peers);
    EXPECT_EQ(table_.size(), expected_.size());
  }

  std::size_t longest_run() const {
    std::size_t longest = 0, run = 0;
    for (std::size_t slot = 0; slot < table_.slots(); ++slot) {
      run = table_.at(slot).is_occupied() ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    return longest;
  }

  PeerHash hash_of_{SipKey{{0x0123456789abcdef, 0xfedcba9876543210}}};
  OrderedTable<V4Entry> table_{10};
  std::set<std::size_t> expected_;
};

TEST_F(OrderedTableTest, FindsWhatIsThereAndNothingElse) {
  for (std::size_t n = 0; n < 1000; ++n) {
    EXPECT_FALSE(contains(n));
    insert(n);
    EXPECT_TRUE(contains(n));
  }
  expect_holds_exactly_the_expected();
}

TEST_F(OrderedTableTest, HoldsThroughAnyOrderOfComingAndGoing) {
  Random random(5);
  for (const std::size_t goal : {3000, 20, 5000, 2500, 2600, 100, 0, 700}) {
    while (expected_.size() != goal) {
      // Three steps towards the goal for each step away from it.
      const bool grow = (expected_.size() < goal) == (random.below(4) != 0);
      const std::size_t n = random.below(8000);
      if (grow && !expected_.contains(n)) insert(n);
      if (!grow && !expected_.empty()) {
        const auto next = expected_.lower_bound(n);
        erase(next == expected_.end() ? *expected_.begin() : *next);
      }
      ASSERT_EQ(contains(n), expected_.contains(n));
    }
    expect_holds_exactly_the_expected();
  }
}

TEST_F(OrderedTableTest, WastesLessThanAFifthOfItsSlotsWhileItGrows) {
  for (std::size_t n = 0; n < 100'000; ++n) {
    insert(n);
    if (n > 5000) {
      ASSERT_LT(table_.slots() * 4, table_.size() * 5) << n;
    }
  }
}

TEST_F(OrderedTableTest, KeepsRunsOfTakenSlotsShortWhileItGrows) {
  for (std::size_t n = 0; n < 100'000; ++n) {
    insert(n);
    if (n % 5000 == 0) {
      ASSERT_LT(longest_run(), 2500u) << n;
    }
  }
}

TEST_F(OrderedTableTest, GivesRoomBackAsItEmpties) {
  for (std::size_t n = 0; n < 50'000; ++n) insert(n);

  while (table_.size() > 1000) {
    erase(*expected_.begin());
    ASSERT_LT(table_.slots(), table_.size() * 3);
  }
}

TEST_F(OrderedTableTest, HoldsEveryoneWhileItsSegmentsBecomePagesAndSmallAgain) {
  constexpr std::size_t kMany = 300'000;
  for (std::size_t n = 0; n < kMany; ++n) table_.insert(alive(n), hash_of_);
  for (std::size_t n = 0; n < kMany; ++n) ASSERT_TRUE(contains(n)) << n;
  for (std::size_t n = 1000; n < kMany; ++n) table_.erase(alive(n), hash_of_);
  for (std::size_t n = 0; n < 2000; ++n) ASSERT_EQ(contains(n), n < 1000) << n;
}

TEST_F(OrderedTableTest, SweepRemovesTheOverAndNobodyElse) {
  for (std::size_t n = 0; n < 20'000; ++n) insert(n, n % 3 == 0 ? kDead : kNow);
  std::erase_if(expected_, [](std::size_t n) { return n % 3 == 0; });

  std::size_t removed = 0, steps = 0;
  for (std::optional<SweepCursor> cursor = SweepCursor{}; cursor; ++steps) {
    const SweepStep step = sweep(*cursor, 100);
    removed += step.removed;
    cursor = step.next;
  }

  EXPECT_EQ(removed, 6667u);
  EXPECT_GT(steps, 100u);
  expect_holds_exactly_the_expected();
}

TEST_F(OrderedTableTest, SweepMissesNobodyWhateverHappensBetweenItsSteps) {
  Random random(9);
  for (int pass = 0; pass < 20; ++pass) {
    for (std::size_t n = 0; n < 3000; ++n) {
      if (expected_.contains(n)) erase(n);
      insert(n, random.below(3) == 0 ? kDead : kNow);
    }
    std::set<std::size_t> dead;
    for (const std::size_t n : expected_) {
      if (table_.find(alive(n), hash_of_)->is_over(kNow)) dead.insert(n);
    }

    for (std::optional<SweepCursor> cursor = SweepCursor{}; cursor;) {
      cursor = sweep(*cursor, 40).next;
      for (int i = 0; i < 60; ++i) {
        const std::size_t n = 3000 + random.below(pass % 2 == 0 ? 20'000 : 2000);
        if (!contains(n)) {
          insert(n);
        } else {
          erase(n);
        }
      }
    }

    for (const std::size_t n : dead) {
      ASSERT_FALSE(contains(n)) << "pass " << pass;
      expected_.erase(n);
    }
  }
  expect_holds_exactly_the_expected();
}

TEST_F(OrderedTableTest, KeepsRunsShortWhileNearlyAllExpireAndOthersCome) {
  for (std::size_t n = 0; n < 50'000; ++n) insert(n, n % 50 == 0 ? kNow : kDead);

  std::size_t newcomer = 100'000;
  for (std::optional<SweepCursor> cursor = SweepCursor{}; cursor;) {
    cursor = sweep(*cursor, 500).next;
    for (int i = 0; i < 100; ++i) insert(newcomer++);
    ASSERT_LT(longest_run(), 5000u);
  }
}

TEST_F(OrderedTableTest, StepOfASweepIsBounded) {
  for (std::size_t n = 0; n < 50'000; ++n) insert(n, kDead);

  for (std::optional<SweepCursor> cursor = SweepCursor{}; cursor;) {
    const SweepStep step = sweep(*cursor, 500);
    ASSERT_LT(step.visited, 9 * 5000u);  // the rest of a run at worst, and 8 moves for each that it held
    cursor = step.next;
  }
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(OrderedTableTest, MovesNoMoreThanAFewSlotsPerChange) {
  // What a change costs shows in how far the sizes of the two layouts shift; slots() is their sum.
  for (std::size_t n = 0; n < 50'000; ++n) {
    const std::size_t before = table_.slots();
    insert(n);
    const std::size_t after = table_.slots();
    ASSERT_LT(std::max(before, after) - std::min(before, after), 200u) << n;
  }
}

}  // namespace
}  // namespace torq::swarm
