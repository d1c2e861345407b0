// SPDX-License-Identifier: MIT
#include "torq/swarm/swarm_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "torq/base/random.hpp"

namespace torq::swarm {
namespace {

InfoHash info_hash(std::size_t n) {
  InfoHash hash;
  for (unsigned i = 0; i < 8; ++i) hash.bytes[i] = static_cast<std::byte>(n >> 8 * i);
  return hash;
}

/// Few tags for many swarms, so that they collide.
SwarmTable::Tag tag(std::size_t n) { return static_cast<SwarmTable::Tag>(n % 50 * 0x01000193); }

TEST(SwarmTable, HoldsThroughAnyOrderOfComingAndGoing) {
  SlabSource slabs{SwarmTable::kBlockSize};
  SwarmTable table{slabs};
  std::set<std::size_t> expected;
  Random random(4);

  for (int step = 0; step < 20'000; ++step) {
    const std::size_t n = random.below(300);
    if (expected.contains(n)) {
      table.erase(info_hash(n), tag(n));
      expected.erase(n);
    } else {
      EXPECT_EQ(table.insert(info_hash(n), tag(n)).info_hash(), info_hash(n));
      expected.insert(n);
    }
    const std::size_t other = random.below(300);
    ASSERT_EQ(table.find(info_hash(other), tag(other)) != nullptr, expected.contains(other));
  }
}

TEST(SwarmTable, NumbersEverySwarmOnce) {
  SlabSource slabs{SwarmTable::kBlockSize};
  SwarmTable table{slabs};
  for (std::size_t n = 0; n < 500; ++n) table.insert(info_hash(n), tag(n));
  for (std::size_t n = 0; n < 500; n += 2) table.erase(info_hash(n), tag(n));
  for (std::size_t n = 1000; n < 1100; ++n) table.insert(info_hash(n), tag(n));

  std::set<InfoHash> numbered;
  for (SwarmTable::Number number = 0; number < table.end(); ++number) {
    const Swarm* swarm = table.at(number);
    ASSERT_TRUE(!swarm || numbered.insert(swarm->info_hash()).second);
  }

  EXPECT_EQ(numbered.size(), 350u);
  EXPECT_LE(table.end(), 512u) << "free numbers are used again";
}

TEST(SwarmTable, NeverMovesASwarm) {
  SlabSource slabs{SwarmTable::kBlockSize};
  SwarmTable table{slabs};
  const Swarm* first = &table.insert(info_hash(1), tag(1));
  for (std::size_t n = 2; n < 5000; ++n) table.insert(info_hash(n), static_cast<SwarmTable::Tag>(n));

  EXPECT_EQ(table.find(info_hash(1), tag(1)), first);
}

}  // namespace
}  // namespace torq::swarm
