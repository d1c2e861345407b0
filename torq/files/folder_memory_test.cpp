// SPDX-License-Identifier: MIT
#include "torq/files/folder_memory.hpp"

#include <gtest/gtest.h>

#include "torq/files/temporary_tree_test.hpp"

namespace torq::files {
namespace {

using namespace std::chrono_literals;

class FolderMemoryTest : public testing::Test {
 protected:
  FolderMemoryTest() {
    for (const char* name : {"a", "b", "c", "d", "e"}) tree_.file(std::string("large/") + name, "1");
    set_old("large");
    tree_.file("small/x", "");
  }

  /// Its change time, so that a change now shows whatever the granularity.
  void set_old(const std::string& folder) const {
    std::filesystem::last_write_time(tree_.path(folder), std::filesystem::file_time_type::clock::now() - 1h);
  }
  std::string page(std::string_view folder, std::string_view after, std::size_t most = 2) {
    const auto listing = memory_.list(now_, folder, most, after);
    if (!listing) return "[" + std::string(to_string(listing.error())) + "]";
    std::string names;
    for (const Entry& entry : listing->entries) names += entry.name;
    return names + (listing->truncated ? "+" : "");
  }

  TemporaryTree tree_;
  FileTree opened_ = FileTree::at(tree_.root()).value();
  FolderMemory memory_{opened_, {.folders = 2, .bytes = 100, .worth = 3, .age = 1s}};
  Instant now_{1h};
};

TEST_F(FolderMemoryTest, ReadsALargeFolderOnceForAllItsPages) {
  EXPECT_EQ(page("large", ""), "ab+");
  EXPECT_EQ(page("large", "b"), "cd+");
  EXPECT_EQ(page("large", "bb"), "cd+");
  EXPECT_EQ(page("large", "d"), "e");
  EXPECT_EQ(page("large", "e"), "");
  EXPECT_EQ(page("large", "", 5), "abcde");
  EXPECT_EQ(page("large", "", 0), "+");
  EXPECT_EQ(memory_.scans(), 1u);
}

TEST_F(FolderMemoryTest, SaysWhatTheTreeSays) {
  tree_.fifo("large/b2");
  tree_.link("large/c2", "../outside.txt");
  tree_.link("large/e2", "missing");
  tree_.link("large/d2", "a");
  for (const char* after : {"", "a", "c", "d2", "z"}) {
    for (std::size_t most = 0; most < 8; ++most) {
      const Listing listing = opened_.list("large", most, after).value();
      std::string names;
      for (const Entry& entry : listing.entries) names += entry.name;
      EXPECT_EQ(page("large", after, most), names + (listing.truncated ? "+" : "")) << after << " " << most;
    }
  }
}

TEST_F(FolderMemoryTest, SeesAChangeAtOnce) {
  page("large", "");
  tree_.file("large/b0", "");

  EXPECT_EQ(page("large", "b"), "b0c+");
  EXPECT_EQ(memory_.scans(), 2u);
}

TEST_F(FolderMemoryTest, SizesAndWhatVanishedAreNeverOld) {
  page("large", "");
  tree_.file("large/c", "12345");
  EXPECT_EQ(memory_.list(now_, "large", 1, "b")->entries[0].found.size, 5u);

  const auto unchanged = std::filesystem::last_write_time(tree_.path("large"));
  tree_.remove("large/c");
  std::filesystem::last_write_time(tree_.path("large"), unchanged);
  EXPECT_EQ(page("large", "b"), "de");
  EXPECT_EQ(memory_.scans(), 1u);
}

TEST_F(FolderMemoryTest, TrustsNamesForASecondAtMost) {
  page("large", "");
  now_ += 999ms;
  page("large", "b");
  EXPECT_EQ(memory_.scans(), 1u);

  now_ += 1ms;
  page("large", "b");
  EXPECT_EQ(memory_.scans(), 2u);
}

TEST_F(FolderMemoryTest, ForgetsTheFolderThatWasNotAskedForLongest) {
  for (const char* name : {"a", "b", "c"}) {
    for (const char* folder : {"two/", "three/"}) tree_.file(std::string(folder) + name, "");
  }
  page("large", "");
  page("two", "");
  page("large", "b");
  page("three", "");
  EXPECT_EQ(memory_.scans(), 3u);

  page("large", "b");
  EXPECT_EQ(memory_.scans(), 3u);
  page("two", "b");
  EXPECT_EQ(memory_.scans(), 4u);
}

TEST_F(FolderMemoryTest, DoesNotRememberWhatIsSmallOrTooLarge) {
  for (int n = 0; n < 30; ++n) tree_.file("huge/name" + std::to_string(n), "");

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(page("small", ""), "x");
    EXPECT_EQ(page("huge", ""), "name0name1+");
  }

  EXPECT_EQ(memory_.scans(), 4u);
}

TEST_F(FolderMemoryTest, FailsAsTheTreeDoes) {
  EXPECT_EQ(page("absent", ""), "[" + std::string(to_string(FileError::kNotFound)) + "]");
  EXPECT_EQ(page("large/a", ""), "[" + std::string(to_string(FileError::kNotFound)) + "]");
  EXPECT_EQ(page("../large", ""), "[" + std::string(to_string(FileError::kNotFound)) + "]");
  tree_.permissions("large", 0);
  const Unprivileged somebody;
  page("large", "");
  const auto direct = opened_.list("large", 1);
  const auto ours = memory_.list(now_, "large", 1);
  ASSERT_FALSE(direct);
  ASSERT_FALSE(ours);
  EXPECT_EQ(ours.error(), direct.error());
}

}  // namespace
}  // namespace torq::files
