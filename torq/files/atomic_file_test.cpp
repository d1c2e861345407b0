// SPDX-License-Identifier: MIT
#include "torq/files/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "torq/files/temporary_tree_test.hpp"

namespace torq::files {
namespace {

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFile create(const std::string& name) { return AtomicFile::create(tree.path(name)).value(); }
  SystemError failure(const std::string& name) {
    const auto file = AtomicFile::create(tree.path(name));
    return file ? SystemError{} : file.error();
  }
  unsigned mode(const std::string& name) {
    struct stat status{};
    ::stat(tree.path(name).c_str(), &status);
    return status.st_mode & 07777U;
  }

  TemporaryTree tree;
};

TEST_F(AtomicFileTest, AppearsCompleteAtCommitAndNotBefore) {
  AtomicFile file = create("new");

  ASSERT_TRUE(file.append(as_bytes("first ")));
  ASSERT_TRUE(file.append(as_bytes("second")));
  EXPECT_FALSE(std::filesystem::exists(tree.path("new")));
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(tree.text("new"), "first second");
  EXPECT_EQ(tree.entries(""), 1);
}

TEST_F(AtomicFileTest, WhatCrashesLeaveIsRemovedAndNothingElse) {
  for (const char* name : {"a", ".a.torq-0123456789abcdef", ".a.torq-0123", ".b.torq-0123456789abcdef", ".a.torq"})
    tree.file(name, "");

  remove_leftovers(tree.path("a"));
  remove_leftovers(tree.path("absent/a"));

  EXPECT_FALSE(std::filesystem::exists(tree.path(".a.torq-0123456789abcdef")));
  EXPECT_EQ(tree.entries(""), 4);
}

TEST_F(AtomicFileTest, LeavesTheOldFileUntilCommit) {
  tree.file("a", "old");
  AtomicFile file = create("a");

  ASSERT_TRUE(file.append(as_bytes("new")));
  EXPECT_EQ(tree.text("a"), "old");
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(tree.text("a"), "new");
}

TEST_F(AtomicFileTest, LeavesNothingBehindWithoutCommit) {
  {
    AtomicFile file = create("a");
    ASSERT_TRUE(file.append(as_bytes("text")));
    ASSERT_EQ(tree.entries(""), 1);
  }

  EXPECT_EQ(tree.entries(""), 0);
}

TEST_F(AtomicFileTest, MovesWithItsTemporary) {
  AtomicFile first = create("a");
  AtomicFile second = std::move(first);

  ASSERT_TRUE(second.append(as_bytes("text")));
  ASSERT_TRUE(second.commit());

  EXPECT_EQ(tree.text("a"), "text");
}

TEST_F(AtomicFileTest, MovedFromRemovesNothing) {
  std::optional<AtomicFile> first(create("a"));
  AtomicFile second = *std::move(first);

  first.reset();

  EXPECT_EQ(tree.entries(""), 1);
  EXPECT_TRUE(second.commit());
}

TEST_F(AtomicFileTest, HasTheModeThatTheUmaskLeaves) {
  const mode_t before = ::umask(027);
  const bool done =
      create("shared").commit() && AtomicFile::create(tree.path("private"), Mode::kPrivate).value().commit();
  ::umask(before);

  ASSERT_TRUE(done);
  EXPECT_EQ(mode("shared"), 0640);
  EXPECT_EQ(mode("private"), 0600);
}

TEST_F(AtomicFileTest, ReplacesALinkAndNotWhatItLeadsTo) {
  tree.file("kept", "old");
  tree.link("a", "kept");
  AtomicFile file = create("a");

  ASSERT_TRUE(file.append(as_bytes("new")));
  ASSERT_TRUE(file.commit());

  EXPECT_EQ(tree.text("kept"), "old");
  EXPECT_EQ(tree.text("a"), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(tree.path("a")));
}

TEST_F(AtomicFileTest, RefusesToReplaceAnythingButAFile) {
  tree.folder("folder");
  tree.fifo("fifo");
  tree.link("to_folder", "folder");

  for (const char* name : {"folder", "folder/", "to_folder", ".", "folder/.."}) {
    EXPECT_EQ(failure(name).code, std::errc::is_a_directory) << name;
  }
  EXPECT_EQ(failure("fifo").code, std::errc::operation_not_supported);
  EXPECT_EQ(failure("fifo").operation, "replace " + tree.path("fifo"));
}

TEST_F(AtomicFileTest, SaysWhichFolderIsMissingOrClosed) {
  tree.folder("closed");
  tree.permissions("closed", 0555);
  const Unprivileged user;

  EXPECT_EQ(failure("missing/a").code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(failure("missing/a").operation, "open folder " + tree.path("missing/"));
  EXPECT_EQ(failure("closed/a").code, std::errc::permission_denied);
}

TEST_F(AtomicFileTest, TakesTheLongestNameThereIs) {
  const std::string longest(255, 'x');
  AtomicFile file = create(longest);

  ASSERT_TRUE(file.commit());

  EXPECT_TRUE(std::filesystem::exists(tree.path(longest)));
}

TEST_F(AtomicFileTest, RemovesItsTemporaryWhenTheLastStepFails) {
  AtomicFile file = create("a");

  tree.folder("a");
  const auto committed = file.commit();

  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, std::errc::is_a_directory);
  EXPECT_EQ(file.commit().error(), committed.error()) << "a failure sticks";
}

/// Runs `body` in a process of its own with a file system of 64 KiB on `folder`; 77 where that is not allowed.
int on_tiny_disk(const std::string& folder, int (*body)(const std::string&)) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
    ::_exit(mounted ? body(folder) : 77);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int fill_the_disk(const std::string& folder) {
  auto file = AtomicFile::create(folder + "/a");
  const std::string half_too_much(96 * 1024, 'x');
  if (!file) return 1;
  const auto written = file->append(as_bytes(half_too_much));
  if (written || written.error().code != std::errc::no_space_on_device) return 2;
  if (to_string(written.error()) != "write " + folder + "/a: No space left on device") return 3;
  const auto again = file->append(as_bytes("x"));
  if (again || again.error() != written.error()) return 4;
  const auto committed = file->commit();
  if (committed || committed.error() != written.error()) return 5;
  return std::filesystem::exists(folder + "/a") ? 6 : 0;
}

TEST_F(AtomicFileTest, SaysThatTheDiskIsFullAndNeverCommitsHalfAFile) {
  tree.folder("tiny");

  const int result = on_tiny_disk(tree.path("tiny"), fill_the_disk);
  if (result == 77) GTEST_SKIP() << "only a privileged user can mount a small disk";

  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace torq::files
