// SPDX-License-Identifier: MIT
#include "torq/quic/block_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace torq::quic {
namespace {

TEST(BlockPool, GivesBlocksOfAtLeastTheSizeThatWasAsked) {
  BlockPool pool;
  std::vector<void*> blocks;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t size = 1; size < 10'000; size += 7) {
      void* block = pool.take(size);
      ASSERT_GE(BlockPool::size_of(block), size);
      std::memset(block, 0x5a, size);
      blocks.push_back(block);
    }
    for (void* block : blocks) pool.give(block);
    blocks.clear();
  }
}

TEST(BlockPool, KeepsNoMoreThanItsBound) {
  BlockPool pool;
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 1'000; ++i) blocks.push_back(pool.take(1'000));
  for (void* block : blocks) pool.give(block);
  EXPECT_LE(pool.spare(), BlockPool::kMostSpare);
}

TEST(BlockPool, CountsWhatItKeeps) {
  BlockPool pool;
  void* block = pool.take(100);
  EXPECT_EQ(pool.spare(), 0U);
  pool.give(block);
  const std::size_t kept = pool.spare();
  block = pool.take(100);
  EXPECT_EQ(pool.spare(), 0U);
  pool.give(block);
  EXPECT_EQ(pool.spare(), kept);
}

TEST(BlockPool, TakesNullForFreed) {
  BlockPool pool;
  pool.give(nullptr);
  EXPECT_EQ(pool.spare(), 0U);
}

}  // namespace
}  // namespace torq::quic
