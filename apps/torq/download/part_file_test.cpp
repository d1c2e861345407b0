// SPDX-License-Identifier: MIT
#include "apps/torq/download/part_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::app {
namespace {

constexpr const char* kUrl = "quic://h/f";

class PartFileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return tree.root() + "/" + name; }
  std::string target() const { return path("f"); }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
  std::string content(const std::string& name) const {
    return files::read_file(path(name), 1 << 20).value_or("[none]");
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }

  /// As a run that was interrupted leaves it.
  void interrupted(const std::string& bytes, std::uint64_t size, const std::string& url = kUrl) const {
    PartFile file(target(), url);
    ASSERT_TRUE(file.begin(size));
    ASSERT_TRUE(file.take(as_bytes(bytes)));
    ASSERT_TRUE(file.leave());
  }

  std::uint64_t found(const std::string& url = kUrl) const {
    PartFile file(target(), url);
    return file.open() ? file.found() : 0;
  }

  files::TemporaryTree tree;
};

TEST_F(PartFileTest, HasItsNameOnlyWhenItIsWhole) {
  write("f", "old");
  PartFile file(target(), kUrl);
  ASSERT_TRUE(file.open());
  ASSERT_TRUE(file.begin(5));
  ASSERT_TRUE(file.take(as_bytes("hello")));
  EXPECT_EQ(content("f"), "old");

  ASSERT_TRUE(file.commit());

  EXPECT_EQ(content("f"), "hello");
  EXPECT_FALSE(exists("f.torq-part"));
  EXPECT_FALSE(exists("f.torq-resume"));
}

TEST_F(PartFileTest, GoesOnWhereItWasLeft) {
  interrupted("hello ", 11);

  PartFile file(target(), kUrl);
  ASSERT_TRUE(file.open());
  EXPECT_EQ(file.found(), 6U);
  ASSERT_TRUE(file.digest_more().value());
  const client::FilePrefix prefix = file.take_prefix();
  EXPECT_EQ(prefix.bytes(), 6U);
  EXPECT_EQ(prefix.size(), 11U);
  EXPECT_EQ(prefix.tail(), "hello ");
  ASSERT_TRUE(file.take(as_bytes("world")));
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(content("f"), "hello world");
  EXPECT_FALSE(exists("f.torq-resume"));
}

TEST_F(PartFileTest, BeginsAnewWhereItMust) {
  interrupted("hello ", 11);

  PartFile file(target(), kUrl);
  ASSERT_TRUE(file.open());
  ASSERT_TRUE(file.begin(2));
  ASSERT_TRUE(file.take(as_bytes("hi")));
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(content("f"), "hi");
}

TEST_F(PartFileTest, GoesOnOnlyWithWhatItsRecordVouchesFor) {
  interrupted("hello ", 11);
  write("f.torq-part", "hello and what came after the last checkpoint");
  EXPECT_EQ(found(), 6U);
  EXPECT_EQ(content("f.torq-part"), "hello ");

  for (const std::string& record :
       {std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"url":5,"size":11,"bytes":6})"),
        std::string(R"({"url":"quic://h/f","size":11,"bytes":-1})"),
        std::string(R"({"url":"quic://h/f","size":5,"bytes":6})"),
        std::string(R"({"url":"quic://h/f","size":11,"bytes":7})"), std::string(300'000, ' ')}) {
    write("f.torq-resume", record);
    EXPECT_EQ(found(), 0U) << record.substr(0, 80);
  }
}

TEST_F(PartFileTest, LeavesThePartOfAnotherUrlUntilItBegins) {
  interrupted("hello ", 11, "quic://h/other");

  PartFile file(target(), kUrl);
  ASSERT_TRUE(file.open());
  EXPECT_EQ(file.found(), 0U);
  EXPECT_FALSE(file.leave());

  EXPECT_EQ(found("quic://h/other"), 6U);
}

TEST_F(PartFileTest, LeavesNothingThatCannotBeContinued) {
  PartFile file(target(), kUrl);
  ASSERT_TRUE(file.begin(std::nullopt));
  ASSERT_TRUE(file.take(as_bytes("hello")));

  EXPECT_FALSE(file.leave());

  EXPECT_TRUE(std::filesystem::is_empty(tree.root()));
}

TEST_F(PartFileTest, IsWrittenByOneAtATime) {
  PartFile first(target(), kUrl);
  PartFile second(target(), kUrl);
  ASSERT_TRUE(first.begin(5));

  const auto opened = second.open();
  const auto begun = second.begin(5);

  EXPECT_FALSE(opened);
  EXPECT_FALSE(begun);
  ASSERT_TRUE(first.take(as_bytes("hello")));
  EXPECT_TRUE(first.commit());
  EXPECT_EQ(content("f"), "hello");
}

TEST_F(PartFileTest, DoesNotWriteThroughALink) {
  write("victim", "precious");
  std::filesystem::create_symlink(path("victim"), path("f.torq-part"));
  EXPECT_FALSE(PartFile(target(), kUrl).begin(5));
  std::filesystem::remove(path("f.torq-part"));
  std::filesystem::create_hard_link(path("victim"), path("f.torq-part"));
  EXPECT_FALSE(PartFile(target(), kUrl).begin(5));

  EXPECT_EQ(content("victim"), "precious");
}

TEST_F(PartFileTest, ReplacesNoFolder) {
  std::filesystem::create_directory(target());

  EXPECT_FALSE(PartFile(target(), kUrl).open());
  EXPECT_FALSE(PartFile(target(), kUrl).begin(5));
  EXPECT_FALSE(PartFile("/dev/null", kUrl).begin(5));
}

TEST_F(PartFileTest, LooksForRoomFirst) {
  PartFile file(target(), kUrl);

  const auto begun = file.begin(std::uint64_t{1} << 62);

  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().find("4611686018427387904 bytes needed"), std::string::npos) << begun.error();
  EXPECT_NE(begun.error().find(" bytes free"), std::string::npos) << begun.error();
}

TEST_F(PartFileTest, MayHaveALongName) {
  const std::string name(255, 'n');
  PartFile file(path(name), kUrl);
  ASSERT_TRUE(file.begin(5)) << file.begin(5).error();
  ASSERT_TRUE(file.take(as_bytes("hello")));
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(content(name), "hello");
}

}  // namespace
}  // namespace torq::app
