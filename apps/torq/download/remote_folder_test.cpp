// SPDX-License-Identifier: MIT
#include "apps/torq/download/remote_folder.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

TEST(EntryName, IsOneSegmentThatLeadsNowhereElse) {
  for (const std::string name : {"a", "a b", "größe.txt", ".hidden", "...", "a:b", "C:", "~", "-rf"}) {
    EXPECT_TRUE(is_entry_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/"), std::string("../x"),
        std::string("a\\b"), std::string("a\nb"), std::string("\x1b[2J"), std::string("a\x7f"), std::string("a\0b", 3),
        std::string("\xc2\x9b"), std::string("\xff"), std::string(256, 'a')}) {
    EXPECT_FALSE(is_entry_name(name)) << name;
  }
  EXPECT_TRUE(is_entry_name(std::string(255, 'a')));
}

TEST(Segment, IsAnyNameThatAFolderOfAServerCanHave) {
  for (const std::string name : {"a", "a\\b", "a\nb", "...", " ", "größe"}) EXPECT_TRUE(is_segment(name)) << name;
  EXPECT_TRUE(is_segment(std::string(300, 'a')));
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                  std::string("/"), std::string("../x"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_segment(name)) << name;
  }
}

TEST(EntryName, IsJoinedWithASlashBelowAFolder) {
  EXPECT_EQ(join_names("", "a"), "a");
  EXPECT_EQ(join_names("f/g", "a"), "f/g/a");
}

}  // namespace
}  // namespace torq::app
