// SPDX-License-Identifier: MIT
#include "apps/torq/terminal/style.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

TEST(Style, PaintsOnTerminals) { EXPECT_EQ(choose_colour({true, std::nullopt, "xterm"}), Style::Colour::kSome); }

TEST(Style, PaintsNoFilesAndPipes) { EXPECT_EQ(choose_colour({false, std::nullopt, "xterm"}), Style::Colour::kNone); }

TEST(Style, PaintsNoDumbTerminals) {
  EXPECT_EQ(choose_colour({true, std::nullopt, "dumb"}), Style::Colour::kNone);
  EXPECT_EQ(choose_colour({true, std::nullopt, std::nullopt}), Style::Colour::kNone);
}

TEST(Style, RespectsNoColorUnlessItIsEmpty) {
  EXPECT_EQ(choose_colour({true, "1", "xterm"}), Style::Colour::kNone);
  EXPECT_EQ(choose_colour({true, "", "xterm"}), Style::Colour::kSome);
}

TEST(Style, LeavesTheWordAsItIs) {
  EXPECT_EQ(Style(Style::Colour::kNone).paint(Tint::kBad, "FAIL"), "FAIL");
  EXPECT_EQ(Style(Style::Colour::kSome).paint(Tint::kBad, "FAIL"), "\x1b[1;31mFAIL\x1b[0m");
}

}  // namespace
}  // namespace torq::app
