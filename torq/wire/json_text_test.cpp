// SPDX-License-Identifier: MIT
#include "torq/wire/json_text.hpp"

#include <gtest/gtest.h>

#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

std::string as_json(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

TEST(JsonText, EscapesWhatMustBeAndNothingElse) {
  EXPECT_EQ(as_json(""), R"("")");
  EXPECT_EQ(as_json("a/b"), R"("a/b")");
  EXPECT_EQ(as_json("\"\\"), R"("\"\\")");
  EXPECT_EQ(as_json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(as_json(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(as_json("é日😀"), "\"é日😀\"");
}

TEST(JsonNumber, IsWhatTheGrammarSays) {
  for (const char* good : {"0", "-0", "7", "10", "-12", "0.5", "1.50", "1e5", "1E+5", "1.0e-05", "-0e0", "1e999"}) {
    EXPECT_TRUE(is_json_number(good)) << good;
  }
  for (const char* bad : {"",   "-",  "+1", "00", "01",  "-01",  ".5",  "1.",  "1.e5", "1e",       "1e+",
                          "e5", "1 ", " 1", "1a", "0x1", "1e5.", "--1", "1-1", "NaN",  "Infinity", "1e5e5"}) {
    EXPECT_FALSE(is_json_number(bad)) << bad;
  }
}

TEST(WholeNumber, IsTakenToItsEdges) {
  const auto u64 = [](std::string_view text) { return whole_number<std::uint64_t>(text); };
  const auto i64 = [](std::string_view text) { return whole_number<std::int64_t>(text); };

  EXPECT_EQ(u64("18446744073709551615")->value, 18446744073709551615U);
  EXPECT_TRUE(u64("18446744073709551615")->fits);
  EXPECT_FALSE(u64("18446744073709551616")->fits);
  EXPECT_FALSE(u64("-1")->fits);
  EXPECT_TRUE(u64("-0")->fits);
  EXPECT_EQ(i64("-9223372036854775808")->value, std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(i64("-9223372036854775808")->fits);
  EXPECT_EQ(i64("-9223372036854775809")->value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(i64(std::string(5000, '9'))->value, std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(i64(std::string(5000, '9'))->fits);
}

TEST(WholeNumber, HasNeitherFractionNorExponent) {
  for (const char* text : {"1.5", "6881.0", "6.881e3", "1e3", "-0.0"}) {
    EXPECT_FALSE(whole_number<std::uint64_t>(text)) << text;
    EXPECT_FALSE(whole_number<std::int64_t>(text)) << text;
  }
}

TEST(DecimalBytes, AreTheNumbersFrom0To255) {
  for (std::size_t value = 0; value < 256; ++value) {
    EXPECT_EQ(std::string(kDecimalBytes[value].text.data(), kDecimalBytes[value].length), std::to_string(value));
  }
}

}  // namespace
}  // namespace torq::wire
