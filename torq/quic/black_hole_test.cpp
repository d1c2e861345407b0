// SPDX-License-Identifier: MIT
#include "torq/quic/black_hole.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

constexpr Duration kProbeTimeout = 100ms;

class BlackHoleTest : public testing::Test {
 protected:
  // With something under way all the time.
  bool suspected_after(Duration silence) {
    now_ += silence;
    return hole_.suspected(now_, true, kProbeTimeout);
  }
  /// Data flows for so long; whether it is suspected in the end.
  bool suspected_after_flow(Duration duration) {
    bool suspected = false;
    for (const Instant end = now_ + duration; now_ < end;) {
      acknowledge();
      suspected = suspected_after(100ms);
    }
    return suspected;
  }
  void acknowledge() { hole_.note_progress(now_); }
  void rest() { hole_.suspected(now_, false, kProbeTimeout); }

  BlackHole hole_;
  Instant now_{1h};
};

TEST_F(BlackHoleTest, IsSuspectedOnceTheSecondProbeIsDue) {
  acknowledge();

  EXPECT_FALSE(suspected_after(100ms));
  EXPECT_TRUE(suspected_after(200ms));
}

TEST_F(BlackHoleTest, IsNotSuspectedWhileDataArrives) {
  for (int i = 0; i < 100; ++i) {
    acknowledge();
    EXPECT_FALSE(suspected_after(200ms));
  }
}

TEST_F(BlackHoleTest, IsNotSuspectedOfAConnectionThatRested) {
  acknowledge();
  now_ += 1h;
  rest();

  EXPECT_FALSE(suspected_after(200ms));
}

TEST_F(BlackHoleTest, IsForgottenAfterAWhile) {
  acknowledge();
  ASSERT_TRUE(suspected_after(300ms));

  EXPECT_TRUE(suspected_after_flow(9s));
  EXPECT_FALSE(suspected_after_flow(1s));
}

// How long it was suspected, when each attempt with the large size fails at once.
TEST_F(BlackHoleTest, IsBelievedForLongerEachTime) {
  std::vector<Duration> believed;
  for (int i = 0; i < 9; ++i) {
    acknowledge();
    ASSERT_TRUE(suspected_after(300ms));
    const Instant begun = now_;
    while (suspected_after_flow(100ms)) {
    }
    believed.push_back(now_ - begun);
  }

  EXPECT_EQ(believed, (std::vector<Duration>{10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s, 600s}));
}

TEST_F(BlackHoleTest, IsBrieflyBelievedAgainAfterTheLargeSizeWorked) {
  acknowledge();
  ASSERT_TRUE(suspected_after(300ms));
  ASSERT_FALSE(suspected_after_flow(15min));

  ASSERT_TRUE(suspected_after(300ms));
  EXPECT_FALSE(suspected_after_flow(10s));
}

}  // namespace
}  // namespace torq::quic
