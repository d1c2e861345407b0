// SPDX-License-Identifier: MIT
#include "torq/quic/closing_table.hpp"

#include <gtest/gtest.h>

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

ConnectionId id(int n) {
  std::array<std::byte, 8> bytes{};
  bytes[0] = static_cast<std::byte>(n);
  bytes[1] = static_cast<std::byte>(n >> 8);
  return ConnectionId(bytes);
}

std::vector<std::byte> packet(int n) { return std::vector<std::byte>(40, static_cast<std::byte>(n)); }

TEST(ClosingTable, AnswersTheFirstAndThenEverRarer) {
  ClosingTable table(10, {1});
  table.add(kStart + 1s, {id(1), id(2)}, packet(7));

  std::vector<int> answered;
  for (int i = 1; i <= 20; ++i) {
    const auto match = table.find(id(1 + i % 2));
    ASSERT_TRUE(match);
    if (!match->reply.empty()) answered.push_back(i);
  }

  EXPECT_EQ(answered, (std::vector<int>{1, 2, 4, 8, 16}));
}

TEST(ClosingTable, AbsorbsInSilenceWhatThePeerHasClosed) {
  ClosingTable table(10, {1});
  table.add(kStart + 1s, {id(1)}, {});

  const auto match = table.find(id(1));

  ASSERT_TRUE(match);
  EXPECT_TRUE(match->reply.empty());
}

TEST(ClosingTable, DoesNotKnowOthers) {
  ClosingTable table(10, {1});
  table.add(kStart + 1s, {id(1)}, packet(7));

  EXPECT_FALSE(table.find(id(2)));
}

TEST(ClosingTable, ForgetsInTime) {
  ClosingTable table(10, {1});
  table.add(kStart + 1s, {id(1)}, packet(1));
  table.add(kStart + 2s, {id(2)}, packet(2));
  EXPECT_EQ(table.next_timeout(), kStart + 1s);

  table.expire(kStart + 1s);

  EXPECT_FALSE(table.find(id(1)));
  EXPECT_TRUE(table.find(id(2)));
  EXPECT_EQ(table.next_timeout(), kStart + 2s);
  table.expire(kStart + 2s);
  EXPECT_EQ(table.next_timeout(), std::nullopt);
}

TEST(ClosingTable, HoldsNoMoreThanItsCapacity) {
  ClosingTable table(3, {1});
  for (int i = 0; i < 1000; ++i) table.add(kStart + 1s, {id(2 * i), id(2 * i + 1)}, packet(i));

  for (int i = 0; i < 1000; ++i) {
    const auto match = table.find(id(2 * i));
    ASSERT_EQ(match.has_value(), i >= 997) << i;
    if (match) {
      EXPECT_EQ(match->reply[0], packet(i)[0]);
    }
    EXPECT_EQ(table.find(id(2 * i + 1)).has_value(), i >= 997) << i;
  }
}

TEST(ClosingTable, WithoutCapacityHoldsNothing) {
  ClosingTable table(0, {1});
  table.add(kStart + 1s, {id(1)}, packet(1));

  EXPECT_FALSE(table.find(id(1)));
  EXPECT_EQ(table.next_timeout(), std::nullopt);
}

TEST(ClosingTable, LeavesAnIdToWhoeverHadItLast) {
  ClosingTable table(2, {1});
  table.add(kStart + 1s, {id(1)}, packet(1));
  table.add(kStart + 2s, {id(1)}, packet(2));

  table.expire(kStart + 1s);

  const auto match = table.find(id(1));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->reply[0], std::byte{2});
}

}  // namespace
}  // namespace torq::quic
