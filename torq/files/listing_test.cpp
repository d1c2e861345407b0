// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "torq/files/file_tree.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::files {
namespace {

using Names = std::vector<std::string>;

class ListingTest : public testing::Test {
 protected:
  Result<Listing, FileError> list(const std::string& folder, std::size_t max_entries = 1000) const {
    return FileTree::at(tree.root()).value().list(folder, max_entries);
  }
  Names names(const std::string& folder, std::size_t max_entries = 1000) const {
    const auto listing = list(folder, max_entries);
    if (!listing) return {listing.error() == FileError::kNotFound ? "[not found]" : "[read error]"};
    Names names;
    for (const Entry& entry : listing->entries) names.push_back(entry.name);
    if (listing->truncated) names.push_back("[truncated]");
    return names;
  }

  TemporaryTree tree;
};

TEST_F(ListingTest, SortsByTheBytesOfTheNames) {
  for (const char* name : {"b", "a", "B", "a1", "\xc3\xa9", "~", ".hidden", "a/x"}) {
    if (std::string(name) != "a") tree.file(name, "");
  }

  EXPECT_EQ(names(""), (Names{".hidden", "B", "a", "a1", "b", "~", "\xc3\xa9"}));
}

TEST_F(ListingTest, ComesInPages) {
  const FileTree opened = FileTree::at(tree.root()).value();
  for (const char* name : {"a", "b", "c", "d", "e"}) tree.file(name, "");
  const auto page = [&](std::string_view after) {
    const auto listing = opened.list("", 2, after).value();
    std::string names;
    for (const Entry& entry : listing.entries) names += entry.name;
    return names + (listing.truncated ? "+" : "");
  };

  EXPECT_EQ(page(""), "ab+");
  EXPECT_EQ(page("b"), "cd+");
  EXPECT_EQ(page("bb"), "cd+");
  EXPECT_EQ(page("d"), "e");
  EXPECT_EQ(page("e"), "");
}

TEST_F(ListingTest, TellsFilesWithTheirSizesFromFolders) {
  tree.file("file", "12345");
  tree.file("folder/inside", "x");

  const Listing listing = list("").value();

  ASSERT_EQ(listing.entries.size(), 2);
  EXPECT_EQ(listing.entries[0].found.type, Found::Type::kFile);
  EXPECT_EQ(listing.entries[0].found.size, 5);
  EXPECT_EQ(listing.entries[1].found.type, Found::Type::kFolder);
  EXPECT_EQ(listing.entries[1].found.size, 0);
}

TEST_F(ListingTest, ListsFoldersBelowAndThroughLinks) {
  tree.file("a/b/c", "");
  tree.link("door", "a/b");
  tree.link("a/up", "..");

  EXPECT_EQ(names("a/b"), Names{"c"});
  EXPECT_EQ(names("door"), Names{"c"});
  EXPECT_EQ(names("a/up"), (Names{"a", "door"}));
}

TEST_F(ListingTest, OfAnEmptyFolderIsEmpty) { EXPECT_EQ(names(""), Names{}); }

TEST_F(ListingTest, ShowsWhatLinksInsideLeadTo) {
  tree.file("a/file", "12345");
  tree.link("sub/to_file", "../a/file");
  tree.link("sub/to_folder", "../a");

  const Listing listing = list("sub").value();

  ASSERT_EQ(listing.entries.size(), 2);
  EXPECT_EQ(listing.entries[0].found.size, 5);
  EXPECT_EQ(listing.entries[1].found.type, Found::Type::kFolder);
}

TEST_F(ListingTest, HidesWhatCouldNotBeServed) {
  tree.file("good", "");
  tree.fifo("fifo");
  tree.socket("socket");
  tree.link("to_fifo", "fifo");
  tree.link("out", "../outside.txt");
  tree.link("parent", "..");
  tree.link("absolute", tree.path("good"));
  tree.link("dangling", "missing");
  tree.link("self", "self");

  EXPECT_EQ(names(""), Names{"good"});
}

TEST_F(ListingTest, HidesDevices) {
  if (!tree.device("zero")) GTEST_SKIP() << "only a privileged user can make devices";

  EXPECT_EQ(names(""), Names{});
}

TEST_F(ListingTest, HidesNamesThatNoRequestCanSay) {
  tree.file("back\\slash", "");
  tree.file("latin\xe9", "");
  tree.file("C:", "");
  tree.file("sub/C:", "");

  EXPECT_EQ(names(""), Names{"sub"});
  EXPECT_EQ(names("sub"), Names{"C:"});
}

TEST_F(ListingTest, GivesOnlyNamesThatOpen) {
  for (const char* name : {"a", "b\n", "\"", "C:", "c\\", "d\xff", "sub/x"}) tree.file(name, "");
  tree.link("e", "a");
  tree.link("f", "/");
  const auto opened = FileTree::at(tree.root()).value();

  const Listing listing = list("").value();

  ASSERT_EQ(listing.entries.size(), 5);
  for (const Entry& entry : listing.entries) {
    const bool opens = entry.found.type == Found::Type::kFile ? opened.open(entry.name).has_value()
                                                              : opened.list(entry.name, 1).has_value();
    EXPECT_TRUE(opens) << entry.name;
  }
}

TEST_F(ListingTest, GivesTheSmallestNamesForEveryLimit) {
  Names all;
  for (int i = 100; i < 140; ++i) all.push_back("n" + std::to_string(i));
  for (std::size_t i = 0; i < all.size(); ++i) tree.file(all[(i * 17) % all.size()], "");

  for (std::size_t limit = 0; limit <= all.size() + 1; ++limit) {
    Names expected(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size())));
    if (limit < all.size()) expected.push_back("[truncated]");
    EXPECT_EQ(names("", limit), expected) << limit;
  }
}

TEST_F(ListingTest, IsNotTruncatedByWhatItHides) {
  tree.file("a", "");
  tree.fifo("b");
  tree.link("z", "/");
  tree.file("y\xff", "");

  EXPECT_EQ(names("", 1), Names{"a"});
}

TEST_F(ListingTest, OfAMissingFolderOrAFileOrAWayOutIsNotFound) {
  tree.file("file", "");
  tree.folder("sub");
  tree.fifo("fifo");
  tree.link("parent", "..");
  tree.link("absolute", "/");

  for (const char* name :
       {"missing", "file", "fifo", "parent", "absolute", "..", ".", "/", "sub/", "sub/..", "C:", "sub\\", "file/x"}) {
    EXPECT_EQ(names(name), Names{"[not found]"}) << name;
  }
}

TEST_F(ListingTest, OfAFolderThatMayNotBeReadIsAReadError) {
  tree.file("closed/a", "");
  tree.permissions("closed", 0311);
  const Unprivileged user;

  EXPECT_EQ(names("closed"), Names{"[read error]"});
}

TEST_F(ListingTest, IsAReadErrorRatherThanIncompleteWhenNoDescriptorsAreLeft) {
  tree.file("a", "");
  const auto opened = FileTree::at(tree.root()).value();

  const auto listing = [&] {
    const NoDescriptorsLeft scope;
    return opened.list("", 10);
  }();

  ASSERT_FALSE(listing);
  EXPECT_EQ(listing.error(), FileError::kReadError);
}

}  // namespace
}  // namespace torq::files
