// SPDX-License-Identifier: MIT
#include "apps/torq/command/nearest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace torq::app {
namespace {

const std::vector<std::string> kVerbs = {"serve", "announce", "get", "capabilities", "scrape", "ls", "verify"};
const std::vector<std::string> kOptions = {"--port", "--peer-id", "--left", "--json", "--output", "-o"};

TEST(LettersApart, CountsInsertDeleteReplaceAndSwap) {
  EXPECT_EQ(letters_apart("announce", "announce"), 0U);
  EXPECT_EQ(letters_apart("anounce", "announce"), 1U);
  EXPECT_EQ(letters_apart("announcee", "announce"), 1U);
  EXPECT_EQ(letters_apart("announse", "announce"), 1U);
  EXPECT_EQ(letters_apart("announec", "announce"), 1U);
  EXPECT_EQ(letters_apart("", "get"), 3U);
}

TEST(LettersApart, IsBlindToCase) { EXPECT_EQ(letters_apart("GET", "get"), 0U); }

TEST(Nearest, MendsAMistake) {
  EXPECT_EQ(nearest("anounce", kVerbs), "announce");
  EXPECT_EQ(nearest("sevre", kVerbs), "serve");
  EXPECT_EQ(nearest("gte", kVerbs), "get");
  EXPECT_EQ(nearest("verfiy", kVerbs), "verify");
  EXPECT_EQ(nearest("GET", kVerbs), "get");
}

TEST(Nearest, CompletesABeginningThatOnlyOneWordHas) {
  EXPECT_EQ(nearest("cap", kVerbs), "capabilities");
  EXPECT_EQ(nearest("s", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("se", kVerbs), "serve");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("nonsense", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("x", kVerbs), std::nullopt);
  EXPECT_EQ(nearest("get", std::vector<std::string>()), std::nullopt);
}

TEST(Nearest, DoesNotCountDashes) {
  EXPECT_EQ(nearest("--prot", kOptions), "--port");
  EXPECT_EQ(nearest("-port", kOptions), "--port");
  EXPECT_EQ(nearest("--peerid", kOptions), "--peer-id");
  EXPECT_EQ(nearest("-x", kOptions), std::nullopt);
}

TEST(Nearest, DoesNotPonderOverNovels) { EXPECT_EQ(nearest(std::string(100'000, 'a'), kVerbs), std::nullopt); }

}  // namespace
}  // namespace torq::app
