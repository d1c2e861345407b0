// SPDX-License-Identifier: MIT
#include "apps/torq/state/state_dir.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "torq/files/temporary_tree_test.hpp"

namespace torq::app {
namespace {

using files::TemporaryTree;
using files::Unprivileged;

unsigned mode_of(const std::string& path) {
  struct stat status{};
  ::stat(path.c_str(), &status);
  return status.st_mode & 07777U;
}

TEST(StatePath, PrefersTheOptionThenXdgThenHome) {
  EXPECT_EQ(state_path("dir", {"/xdg", "/home/u"}), "dir");
  EXPECT_EQ(state_path(std::nullopt, {"/xdg", "/home/u"}), "/xdg/torq");
  EXPECT_EQ(state_path(std::nullopt, {std::nullopt, "/home/u"}), "/home/u/.local/state/torq");
}

TEST(StatePath, IgnoresARelativeXdgFolder) {
  EXPECT_EQ(state_path(std::nullopt, {"relative", "/home/u"}), "/home/u/.local/state/torq");
}

TEST(StatePath, AsksForTheOptionWhenNothingSaysWhere) {
  const auto path = state_path(std::nullopt, {"relative", std::nullopt});

  ASSERT_FALSE(path);
  EXPECT_NE(path.error().find("--state"), std::string::npos);
  EXPECT_FALSE(state_path("", {"/xdg", "/home/u"}));
}

TEST(StateDirectory, IsMadeWithAllAboveItForItsOwnerAlone) {
  const TemporaryTree tree;

  const auto state = StateDirectory::open(tree.path(".local/state/torq"));

  ASSERT_TRUE(state) << state.error();
  EXPECT_EQ(mode_of(tree.path(".local")), 0700);
  EXPECT_EQ(mode_of(tree.path(".local/state/torq")), 0700);
  EXPECT_EQ(mode_of(state->file("lock")), 0600);
}

TEST(StateDirectory, RefusesASecondServerAndNamesTheFirst) {
  const TemporaryTree tree;
  const auto first = StateDirectory::open(tree.path("state"));
  ASSERT_TRUE(first) << first.error();

  const auto second = StateDirectory::open(tree.path("state"));

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "the state directory " + tree.path("state") + " is in use by another server (process " +
                                std::to_string(::getpid()) +
                                "); stop that one, or choose another directory with --state");
}

TEST(StateDirectory, LeavesOutAProcessNumberThatCannotBeRead) {
  TemporaryTree tree;
  const auto first = StateDirectory::open(tree.path("state"));
  for (const char* text : {"", "x", "-5", "0", "99999999999999999999", "this line is longer than any process number"}) {
    tree.file("state/lock", text);

    const auto second = StateDirectory::open(tree.path("state"));

    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("by another server; stop"), std::string::npos) << second.error();
  }
}

TEST(StateDirectory, IsFreeAgainWhenItsServerGoes) {
  const TemporaryTree tree;
  {
    const auto first = StateDirectory::open(tree.path("state"));
  }

  EXPECT_TRUE(StateDirectory::open(tree.path("state")));
}

TEST(StateDirectory, IsFreeAgainWhenItsServerIsKilled) {
  const TemporaryTree tree;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = StateDirectory::open(tree.path("state"));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(tree.text("state/lock"), std::to_string(child) + "\n");

  EXPECT_TRUE(StateDirectory::open(tree.path("state")));
  EXPECT_EQ(tree.text("state/lock"), std::to_string(::getpid()) + "\n");
}

TEST(StateDirectory, SaysWhatStandsInItsWay) {
  TemporaryTree tree;
  tree.file("file", "");
  tree.folder("closed");
  tree.permissions("closed", 0555);
  const Unprivileged user;

  EXPECT_EQ(StateDirectory::open(tree.path("file")).error(),
            "state directory: open " + tree.path("file/lock") + ": Not a directory");
  EXPECT_EQ(StateDirectory::open(tree.path("closed/a/b")).error(),
            "state directory: make folder " + tree.path("closed/a") + ": Permission denied");
}

TEST(StateDirectory, NeverLocksThroughALink) {
  TemporaryTree tree;
  tree.file("precious", "text");
  tree.link("state/lock", "../precious");

  EXPECT_FALSE(StateDirectory::open(tree.path("state")));
  EXPECT_EQ(tree.text("precious"), "text");
}

}  // namespace
}  // namespace torq::app
