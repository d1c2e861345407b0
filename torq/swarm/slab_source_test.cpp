// SPDX-License-Identifier: MIT
#include "torq/swarm/slab_source.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>

namespace torq::swarm {
namespace {

constexpr std::ptrdiff_t kBlock = 4160;

TEST(SlabSource, GivesEachBlockOnceAndTakesEverySlabBack) {
  SlabSource source(kBlock);
  for (int round = 0; round < 2; ++round) {
    std::set<char*> blocks;
    for (int i = 0; i < 1'200; ++i) {
      char* block = static_cast<char*>(source.take());
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
      const auto next = blocks.lower_bound(block);
      ASSERT_TRUE(next == blocks.end() || *next - block >= kBlock);
      ASSERT_TRUE(next == blocks.begin() || block - *std::prev(next) >= kBlock);
      std::memset(block, i, kBlock);
      blocks.insert(block);
    }
    EXPECT_EQ(source.bytes(), 3 * SlabSource::kSlab);
    for (char* block : blocks) source.give(block);
    EXPECT_EQ(source.bytes(), 0U);
  }
}

TEST(SlabSource, FillsGapsBeforeItTakesAnotherSlab) {
  SlabSource source(kBlock);
  std::vector<void*> blocks;
  while (source.bytes() <= SlabSource::kSlab) blocks.push_back(source.take());
  source.give(blocks.back());
  blocks.pop_back();
  ASSERT_EQ(source.bytes(), SlabSource::kSlab);
  for (std::size_t i = 0; i < 100; ++i) source.give(blocks[i]);
  for (std::size_t i = 0; i < 100; ++i) blocks[i] = source.take();

  EXPECT_EQ(source.bytes(), SlabSource::kSlab);
  for (void* block : blocks) source.give(block);
}

}  // namespace
}  // namespace torq::swarm
