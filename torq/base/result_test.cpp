// SPDX-License-Identifier: MIT
#include "torq/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace torq {
namespace {

using Number = Result<int, std::string>;

struct Whole {
  std::unique_ptr<int> part;
};

Result<Whole, std::string> move_only(bool good) {
  if (!good) return Failure("none");
  return Whole{std::make_unique<int>(7)};
}

TEST(Result, HoldsItsValueOrItsReason) {
  const Number good = 3;
  const Number bad = Failure("no number");

  EXPECT_TRUE(good && good.has_value());
  EXPECT_EQ(*good, 3);
  EXPECT_FALSE(bad || bad.has_value());
  EXPECT_EQ(bad.error(), "no number");
}

TEST(Result, TellsTheHalvesApartWhenBothAreOfOneType) {
  const Result<std::string, std::string> good = "text";
  const Result<std::string, std::string> bad = Failure("text");

  EXPECT_TRUE(good);
  EXPECT_FALSE(bad);
  EXPECT_FALSE(good == bad);
}

TEST(Result, GivesUpWhatItHoldsWithoutACopy) {
  EXPECT_EQ(*move_only(true).value().part, 7);
  EXPECT_EQ(*(*move_only(true)).part, 7);
  EXPECT_EQ(move_only(false).error(), "none");
  EXPECT_EQ(*move_only(true)->part, 7);
}

TEST(Result, IsMadeOfWhatItsHalvesAreMadeOf) {
  const Result<std::string, std::string> from_literal = "abc";
  const Result<std::unique_ptr<const int>, int> from_derived = std::make_unique<int>(4);

  EXPECT_EQ(from_literal.value(), "abc");
  EXPECT_EQ(**from_derived, 4);
  EXPECT_EQ(Number(), 0);
  EXPECT_FALSE((std::is_convertible_v<std::string, Number>));
}

TEST(Result, IsEqualOnlyToTheSameHalfWithTheSameContent) {
  EXPECT_EQ(Number(1), Number(1));
  EXPECT_NE(Number(1), Number(2));
  EXPECT_EQ(Number(Failure("a")), Failure<std::string>("a"));
  EXPECT_NE(Number(Failure("a")), Number(Failure("b")));
  EXPECT_NE(Number(1), Failure<std::string>("1"));
  EXPECT_NE(Number(Failure("a")), 0);
}

TEST(Result, TakesAnotherValueInsteadOfAReason) {
  EXPECT_EQ(Number(1).value_or(5), 1);
  EXPECT_EQ(Number(Failure("a")).value_or(5), 5);
}

TEST(Result, ChangesTheReasonAndLeavesTheValue) {
  const auto length = [](const std::string& text) { return text.size(); };

  EXPECT_EQ(Number(1).transform_error(length), 1);
  EXPECT_EQ(Number(Failure("four")).transform_error(length).error(), 4U);
}

TEST(Result, OfNothingIsDoneOrHasAReason) {
  using Done = Result<void, std::string>;
  const auto length = [](const std::string& text) { return text.size(); };

  EXPECT_TRUE(Done());
  EXPECT_EQ(Done(Failure("full")).error(), "full");
  EXPECT_NE(Done(), Done(Failure("full")));
  EXPECT_EQ(Done(Failure("full")), Failure<std::string>("full"));
  EXPECT_TRUE(Done().transform_error(length));
  EXPECT_EQ(Done(Failure("full")).transform_error(length).error(), 4U);
}

#ifndef NDEBUG
TEST(ResultDeathTest, RefusesToGiveTheHalfThatItDoesNotHave) {
  EXPECT_DEATH(static_cast<void>(Number(Failure("a")).value()), "half");
  EXPECT_DEATH(static_cast<void>(Number(1).error()), "half");
  EXPECT_DEATH(static_cast<void>((Result<void, int>().error())), "reason");
}
#endif

}  // namespace
}  // namespace torq
