// SPDX-License-Identifier: MIT
#include "torq/base/siphash.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace torq {
namespace {

std::vector<std::byte> counting_up(std::size_t size) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

TEST(SipHash, OfAnAllZeroKeyIsWhatPythonComputes) {
  // PYTHONHASHSEED=0 python3.11 -c 'print(hash(bytes(range(n))) % 2**64)'
  const std::vector<std::pair<std::size_t, std::uint64_t>> vectors = {
      {1, 0x68a914128e01e473},  {7, 0x2f098ab0c751325a},  {8, 0xead411e67ebe2eea},  {15, 0xf30eb725bb91c9ea},
      {16, 0x8972188433a5c5b7}, {20, 0x639e355ae68c0100}, {26, 0xed36ff242fe478b2},
  };
  for (const auto& [size, hash] : vectors) EXPECT_EQ(siphash({}, counting_up(size)), hash) << size;
}

TEST(SipHash, InItsStrongFormIsThatOfItsAuthors) {
  const SipKey key{{0x0706050403020100, 0x0f0e0d0c0b0a0908}};  // appendix A of the paper

  EXPECT_EQ(siphash_2_4(key, counting_up(15)), 0xa129ca6149be45e5);
}

TEST(SipHash, DependsOnEveryBitOfTheKey) {
  const std::uint64_t plain = siphash({}, counting_up(20));

  for (std::size_t bit = 0; bit < 128; ++bit) {
    SipKey key;
    key.words[bit / 64] = std::uint64_t{1} << bit % 64;
    EXPECT_NE(siphash(key, counting_up(20)), plain) << bit;
  }
}

}  // namespace
}  // namespace torq
