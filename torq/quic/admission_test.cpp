// SPDX-License-Identifier: MIT
#include "torq/quic/admission.hpp"

#include <gtest/gtest.h>

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

constexpr bool kProven = true;
constexpr bool kUnproven = false;

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() {
    limits.half_open = 10;
    limits.per_prefix = {.connections = 4, .half_open = 2, .handshakes_per_second = 3};
    limits.exempt = {*parse_address_prefix("127.0.0.0/8")};
  }

  std::string judged(bool proven, std::string_view from = "192.0.2.1") {
    const auto verdict = admission.judge(now, *parse_ip(from), proven, counts);
    if (const auto* refusal = std::get_if<Refusal>(&verdict)) return std::string(name_of(*refusal));
    return std::holds_alternative<Admission::AskToRetry>(verdict) ? "retry" : "welcome";
  }
  Admission::Place enter(bool proven, std::string_view from = "192.0.2.1") {
    return admission.enter(now, *parse_ip(from), proven);
  }
  Admission::Place established(std::string_view from = "192.0.2.1") {
    Admission::Place place = enter(kProven, from);
    admission.establish(place);
    return place;
  }
  std::uint64_t hits(LimitHit limit) const { return counts.limits_hit[limit]; }

  Limits limits;
  Counts counts;
  Instant now{1h};
  Admission admission{limits, 7};
};

TEST_F(AdmissionTest, TurnsAPrefixAwayThatHasTooManyConnectionsUntilOneEnds) {
  const auto first = established();
  for (int i = 0; i < 3; ++i) {
    established();
    now += 1s;
  }

  EXPECT_EQ(judged(kProven), "connections_per_prefix");
  EXPECT_EQ(judged(kUnproven), "retry");
  EXPECT_EQ(judged(kProven, "192.0.2.2"), "welcome");
  EXPECT_EQ(hits(LimitHit::kConnectionsPerPrefix), 2U);
  admission.leave(first);
  EXPECT_EQ(judged(kProven), "welcome");
}

TEST_F(AdmissionTest, TurnsAPrefixAwayThatLeavesTooManyHandshakesOpen) {
  auto open = enter(kProven);
  enter(kProven);

  EXPECT_EQ(judged(kProven), "half_open_per_prefix");
  EXPECT_EQ(hits(LimitHit::kHalfOpenPerPrefix), 1U);
  admission.establish(open);
  EXPECT_EQ(judged(kProven), "welcome");
}

TEST_F(AdmissionTest, TurnsAPrefixAwayThatBeginsTooOftenUntilTheSecondIsOver) {
  for (int i = 0; i < 3; ++i) admission.leave(enter(kProven));

  EXPECT_EQ(judged(kProven), "handshakes_per_prefix");
  EXPECT_EQ(hits(LimitHit::kHandshakesPerPrefix), 1U);
  now += 1s;
  EXPECT_EQ(judged(kProven), "welcome");
}

TEST_F(AdmissionTest, CountsWhatOneCustomerHasOfIpv6Together) {
  enter(kProven, "2001:db8:0:100::1");
  enter(kProven, "2001:db8:0:1ff::2");

  EXPECT_EQ(judged(kProven, "2001:db8:0:142::3"), "half_open_per_prefix");
  EXPECT_EQ(judged(kProven, "2001:db8:0:200::3"), "welcome");
}

TEST_F(AdmissionTest, AsksForProofWhereASpooferCouldHaveUsedUpTheLimit) {
  enter(kUnproven);
  enter(kUnproven);

  EXPECT_EQ(judged(kUnproven), "retry");
  EXPECT_EQ(judged(kProven), "welcome");
}

TEST_F(AdmissionTest, CountsAConnectionAsProvenOnceItIsEstablished) {
  for (int i = 0; i < 4; ++i) {
    auto place = enter(kUnproven);
    admission.establish(place);
    now += 1s;
  }

  EXPECT_EQ(judged(kProven), "connections_per_prefix");
}

TEST_F(AdmissionTest, AsksForProofWhileTooManyHandshakesAreOpenInAll) {
  std::vector<Admission::Place> open;
  for (int i = 0; i < 10; ++i) open.push_back(enter(kUnproven, "198.51.100." + std::to_string(i)));

  EXPECT_EQ(judged(kUnproven), "retry");
  EXPECT_EQ(judged(kProven), "welcome");
  EXPECT_EQ(hits(LimitHit::kHalfOpen), 1U);
  admission.establish(open.front());
  EXPECT_EQ(judged(kUnproven), "welcome");
  admission.leave(open.front());
  EXPECT_EQ(admission.half_open(), 9U);
}

TEST_F(AdmissionTest, AsksEverybodyOrNobodyForProofWhenItIsToldTo) {
  limits.retry = RetryPolicy::kAlways;
  EXPECT_EQ(judged(kUnproven), "retry");
  EXPECT_EQ(judged(kUnproven, "127.0.0.1"), "retry");
  EXPECT_EQ(judged(kProven), "welcome");

  limits.retry = RetryPolicy::kNever;
  limits.half_open = 0;
  EXPECT_EQ(judged(kUnproven), "welcome");
  enter(kUnproven);
  enter(kUnproven);
  EXPECT_EQ(judged(kUnproven), "half_open_per_prefix");
}

TEST_F(AdmissionTest, SparesTheExempt) {
  for (int i = 0; i < 100; ++i) established("127.0.0.9");

  EXPECT_EQ(judged(kProven, "127.0.0.9"), "welcome");
  EXPECT_EQ(admission.prefixes(), 0U);
}

TEST_F(AdmissionTest, RemembersNoMorePrefixesThanHaveConnectionsOrHadOneJustNow) {
  const auto address = [](int i) {
    return "10." + std::to_string(i / 65'536) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
  };
  const auto stays = enter(kProven);
  for (int i = 0; i < 10'000; ++i) {
    admission.leave(enter(kUnproven, address(i)));
    now += 1ms;
  }

  EXPECT_LE(admission.prefixes(), 2'050U);
  enter(kProven);
  EXPECT_EQ(judged(kProven), "half_open_per_prefix");
  admission.leave(stays);
}

}  // namespace
}  // namespace torq::quic
