// SPDX-License-Identifier: MIT
#include "apps/torq/command/whole_number.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

TEST(WholeNumber, IsDecimalAndInItsRange) {
  EXPECT_EQ(*parse_whole("1", {1, 65535}), 1U);
  EXPECT_EQ(*parse_whole("65535", {1, 65535}), 65535U);
  EXPECT_EQ(*parse_whole("0", {}), 0U);
  EXPECT_EQ(*parse_whole("18446744073709551615", {}), UINT64_MAX);
}

TEST(WholeNumber, IsNothingThatCouldMeanAnotherNumber) {
  for (const char* text : {" 1", "1 ", "+1", "-1", "1.5", "1e3", "1K", "0x1ae1", "0b1", "1_000", "1'000", "x"}) {
    EXPECT_FALSE(parse_whole(text, {1, 65535})) << text;
    EXPECT_EQ(check_whole({1, 65535})(text), std::string(text) + " is not a whole number from 1 to 65535");
  }
  EXPECT_EQ(check_whole({1, 65535})(""), "nothing is not a whole number from 1 to 65535");
  for (const char* text : {"18446744073709551616", "99999999999999999999999"}) {
    EXPECT_FALSE(parse_whole(text, {})) << text;
  }
  EXPECT_EQ(check_whole({1, 65535})("010"), "010 is not a whole number from 1 to 65535 without leading zeros");
}

TEST(WholeNumber, EndsWhereItsRangeEnds) {
  EXPECT_FALSE(parse_whole("0", {1, 65535}));
  EXPECT_FALSE(parse_whole("65536", {1, 65535}));
  EXPECT_EQ(check_whole({1, 65535})("1"), "");
}

}  // namespace
}  // namespace torq::app
