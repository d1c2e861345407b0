// SPDX-License-Identifier: MIT
#include "torq/files/file_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace torq::files {
namespace {

TEST(FileName, MayHaveFoldersAndAnyOtherBytes) {
  for (const char* name : {"a",        "a/b/c",       "hello_world.txt",
                           ".hidden",  "...",         "..a",
                           "a..",      "a/.b",        "a b",
                           "%2e%2e/x", "caf\xc3\xa9", "\xff\xfe",
                           "a\nb",     "~",           "-",
                           "*",        "a:b",         "AB:",
                           "1:",       ":",           "a/C:",
                           "C:x"}) {
    EXPECT_TRUE(is_file_name(name)) << name;
  }
}

TEST(FileName, RefusesWhateverCouldLeadOutOrMeanAnotherName) {
  for (const char* name :
       {"",     "/",    "/a",    "a/",     "a//b", "//",   ".",     "..", "./a",  "../a",
        "a/.",  "a/..", "a/./b", "a/../b", "\\",   "a\\b", "..\\a", "C:", "c:/x", "Z:/windows/win.ini",
        "C:\\x"}) {
    EXPECT_FALSE(is_file_name(name)) << name;
  }
}

TEST(FileName, RefusesNulAnywhere) {
  using namespace std::string_view_literals;
  for (const std::string_view name : {"\0"sv, "a\0"sv, "\0a"sv, "a\0b"sv, "a/\0/b"sv}) EXPECT_FALSE(is_file_name(name));
}

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
  for (const char* text : {"", "\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesOverlongSurrogatesBeyondUnicodeAndStrayBytes) {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2\xc0", "\xc2z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xe9z"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesEveryTruncationOfACodePoint) {
  for (const std::string text : {"\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x8c\x8d"}) {
    for (std::size_t length = 1; length < text.size(); ++length) EXPECT_FALSE(is_utf8(text.substr(0, length)));
  }
}

}  // namespace
}  // namespace torq::files
