// SPDX-License-Identifier: MIT
#include "apps/torq/log/line_limit.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

class LineLimitTest : public testing::Test {
 protected:
  int admitted(Instant now, std::string_view reason, int times) {
    int count = 0;
    for (int i = 0; i < times; ++i) count += limit_.admit(now, reason) ? 1 : 0;
    return count;
  }

  LineLimit limit_{{.lines = 5, .stretch = 10s}};
};

TEST_F(LineLimitTest, AdmitsSoManyOfAReasonAndCountsTheOthers) {
  EXPECT_EQ(admitted(kStart, "idle", 20), 5);
  EXPECT_EQ(admitted(kStart + 1s, "full", 2), 2) << "another reason";

  EXPECT_TRUE(limit_.take_unsaid(kStart + 9s).empty()) << "there may be more";
  const auto unsaid = limit_.take_unsaid(kStart + 10s);
  ASSERT_EQ(unsaid.size(), 1U);
  EXPECT_EQ(unsaid[0].reason, "idle");
  EXPECT_EQ(unsaid[0].times, 15U);
}

TEST_F(LineLimitTest, BeginsAnewAfterAStretch) {
  admitted(kStart, "idle", 20);
  limit_.take_unsaid(kStart + 10s);

  EXPECT_EQ(admitted(kStart + 11s, "idle", 20), 5);
  EXPECT_TRUE(limit_.take_unsaid(kStart + 19s).empty());
}

TEST_F(LineLimitTest, NeverForgetsWhatWasNotSaid) {
  admitted(kStart, "idle", 6);

  EXPECT_EQ(admitted(kStart + 1h, "idle", 1), 0);

  EXPECT_EQ(limit_.take_unsaid(kStart + 1h)[0].times, 2U);
  EXPECT_EQ(admitted(kStart + 1h, "idle", 1), 1);
}

}  // namespace
}  // namespace torq::app
