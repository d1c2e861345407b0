// SPDX-License-Identifier: MIT
#include "torq/files/small_file.hpp"

#include <gtest/gtest.h>

#include "torq/files/temporary_tree_test.hpp"

namespace torq::files {
namespace {

TEST(SmallFile, ReadsWhatWasWritten) {
  const TemporaryTree tree;
  const std::string text = std::string(10'000, 'x') + '\0' + "end";

  ASSERT_TRUE(write_file(tree.path("a"), text, Mode::kPrivate));

  EXPECT_EQ(read_file(tree.path("a"), 20'000), text);
}

TEST(SmallFile, IsReadUpToItsLimitAndNotBeyond) {
  TemporaryTree tree;
  tree.file("a", "12345");

  EXPECT_EQ(read_file(tree.path("a"), 5), "12345");
  const auto beyond = read_file(tree.path("a"), 4);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, std::errc::file_too_large);
}

TEST(SmallFile, SaysWhyItCannotBeRead) {
  TemporaryTree tree;
  tree.folder("folder");

  EXPECT_EQ(read_file(tree.path("folder"), 9).error().code, std::errc::is_a_directory);
  EXPECT_EQ(to_string(read_file(tree.path("missing"), 9).error()),
            "open " + tree.path("missing") + ": No such file or directory");
}

}  // namespace
}  // namespace torq::files
