// SPDX-License-Identifier: MIT
#include "apps/torq/check/latencies.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

using namespace std::chrono_literals;

TEST(Latencies, AreZeroWhenThereWereNone) {
  EXPECT_EQ(Latencies().percentile(0.5), 0us);
  EXPECT_EQ(Latencies().most(), 0us);
}

TEST(Latencies, TellAPercentileFivePercentTooHighAtMost) {
  Latencies latencies;
  for (int i = 1; i <= 100'000; ++i) latencies.add(std::chrono::microseconds(i * 37));

  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 100'000 * 37;
    EXPECT_GE(static_cast<double>(latencies.percentile(share).count()), exact);
    EXPECT_LE(static_cast<double>(latencies.percentile(share).count()), exact * 1.05);
  }
  EXPECT_EQ(latencies.percentile(1), latencies.most());
  EXPECT_EQ(latencies.most(), 3'700'000us);
  EXPECT_EQ(latencies.count(), 100'000U);
}

TEST(Latencies, TakeTheExtremes) {
  Latencies latencies;
  latencies.add(0us);
  latencies.add(std::chrono::hours(24 * 365));

  EXPECT_LE(latencies.percentile(0.5), 2us);
  EXPECT_EQ(latencies.percentile(1), std::chrono::hours(24 * 365));
}

}  // namespace
}  // namespace torq::app
