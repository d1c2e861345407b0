// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "torq/bencode/reader.hpp"
#include "torq/bencode/writer.hpp"

namespace torq::bencode {
namespace {

Result<Value, Error> read(std::string_view text, const Limits& limits = {}) { return parse(as_bytes(text), limits); }

Error fault_of(std::string_view text, const Limits& limits = {}) {
  const auto value = read(text, limits);
  EXPECT_FALSE(value) << text;
  return value ? Error::kNoValue : value.error();
}

TEST(Bencode, ReadsEachKindOfValue) {
  using namespace std::literals;
  const std::string_view text = "d4:listli-7e0:e4:name3:a\0b5:totali9223372036854775807ee"sv;

  const auto tree = read(text);

  ASSERT_TRUE(tree);
  EXPECT_EQ(*tree->find("list")->list()->at(0).integer(), -7);
  EXPECT_EQ(*tree->find("list")->list()->at(1).text(), "");
  EXPECT_EQ(*tree->find("name")->text(), std::string_view("a\0b", 3));
  EXPECT_EQ(*tree->find("total")->integer(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(tree->find("list")->raw(), "li-7e0:e");
  EXPECT_EQ(tree->find("lis"), nullptr);
  EXPECT_EQ(tree->find("list")->find("list"), nullptr);
}

TEST(Bencode, SortsTheKeysOfAWriterThatNeedNot) {
  Limits any;
  any.order = KeyOrder::kAny;

  const auto tree = read("d1:bi2e1:ad2:abi4e2:aai3eee", any);

  ASSERT_TRUE(tree);
  EXPECT_EQ(*tree->find("b")->integer(), 2);
  EXPECT_EQ(*tree->find("a")->find("aa")->integer(), 3);
  EXPECT_EQ(fault_of("d1:bi2e1:ai1e1:bi3ee", any), Error::kKeysUnsorted);
}

TEST(Bencode, RefusesWhatHasASecondForm) {
  for (const char* text : {"i01e", "i-0e", "i-01e", "ie", "i-e", "i+1e", "i 1e", "i1 e", "i9223372036854775808e"}) {
    EXPECT_EQ(fault_of(text), Error::kBadInteger) << text;
  }
  EXPECT_EQ(fault_of("01:a"), Error::kBadLength);
  EXPECT_EQ(fault_of("1a"), Error::kBadLength);
  EXPECT_EQ(fault_of("99999999999999999999:a"), Error::kBadLength);
  EXPECT_EQ(fault_of("d1:bi1e1:ai1ee"), Error::kKeysUnsorted);
  EXPECT_EQ(fault_of("d1:ai1e1:ai1ee"), Error::kKeysUnsorted);
  EXPECT_EQ(fault_of("di1ei1ee"), Error::kKeyIsNoText);
  EXPECT_EQ(fault_of("x"), Error::kNoValue);
  EXPECT_EQ(fault_of("-1:a"), Error::kNoValue);
  EXPECT_EQ(fault_of("i1ei2e"), Error::kTrailingBytes);
}

TEST(Bencode, RefusesEveryTruncation) {
  const std::string_view text = "d4:listli-7e0:e4:name3:abc5:totali92ee";
  ASSERT_TRUE(read(text));

  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(fault_of(text.substr(0, size)), Error::kEndsEarly);
}

TEST(Bencode, BuildsNoMoreThanItsLimits) {
  EXPECT_TRUE(read("llee", {.depth = 2}));
  EXPECT_EQ(fault_of("lllee", {.depth = 2}), Error::kTooDeep);
  EXPECT_TRUE(read("li1ei2ee", {.values = 3}));
  EXPECT_EQ(fault_of("li1ei2ei3ee", {.values = 3}), Error::kTooManyValues);
  EXPECT_EQ(fault_of(std::string(1'000'000, 'l')), Error::kTooDeep);
}

TEST(Bencode, ReadsWhatItWrites) {
  std::string text = "d1:a";
  append_integer(text, std::numeric_limits<std::int64_t>::min());
  append_text(text, "bytes");
  append_text(text, std::string_view("\0\xff", 2));
  text += 'e';

  const auto tree = read(text);

  ASSERT_TRUE(tree);
  EXPECT_EQ(*tree->find("a")->integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*tree->find("bytes")->text(), std::string_view("\0\xff", 2));
}

}  // namespace
}  // namespace torq::bencode
