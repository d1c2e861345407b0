// SPDX-License-Identifier: MIT
#include "torq/files/file_tree.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cstddef>

#include "torq/base/bytes.hpp"
#include "torq/files/sparing_file.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::files {
namespace {

class FileTreeTest : public testing::Test {
 protected:
  /// What the name gives: the text of the file, or the reason in brackets.
  std::string served(const std::string& name) const {
    const auto file = FileTree::at(tree.root()).value().open(name);
    if (!file) return file.error() == FileError::kNotFound ? "[not found]" : "[read error]";
    std::string text(file->size(), '\0');
    EXPECT_EQ(file->read_at(0, std::as_writable_bytes(std::span(text))), text.size());
    return text;
  }

  TemporaryTree tree;
};

using FileTreeRoot = FileTreeTest;

TEST_F(FileTreeRoot, ThatIsNoFolderIsAnErrorThatNamesIt) {
  tree.file("file", "x");

  const auto missing = FileTree::at(tree.path("missing"));
  const auto file = FileTree::at(tree.path("file"));

  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(to_string(missing.error()), "open folder " + tree.path("missing") + ": No such file or directory");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, std::errc::not_a_directory);
}

TEST_F(FileTreeRoot, MayItselfBeReachedByALink) {
  tree.file("a", "text");
  tree.link("../door", "root");

  const auto linked = FileTree::at(tree.path("../door"));

  ASSERT_TRUE(linked);
  EXPECT_TRUE(linked->open("a"));
}

TEST_F(FileTreeRoot, IsFollowedWhenItIsRenamed) {
  tree.file("a", "text");
  const auto opened = FileTree::at(tree.root()).value();

  tree.rename("../root", "../elsewhere");

  EXPECT_TRUE(opened.open("a"));
}

/// What the kernel answers to openat2 from here on, in this process: "no such call".
bool forbid_openat2() {
  std::array<sock_filter, 4> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{program.size(), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(FileTreeRoot, IsRefusedWhereTheKernelCannotKeepNamesInside) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forbid_openat2()) ::_exit(77);
    const auto refused = FileTree::at(tree.root());
    ::_exit(!refused && refused.error().code == std::errc::function_not_supported ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no seccomp here";

  EXPECT_EQ(status, 0);
}

TEST_F(FileTreeTest, ServesFilesInFoldersByteForByte) {
  tree.file("a/b/c.txt", "deep");
  tree.file("caf\xc3\xa9", "composed");
  tree.file("cafe\xcc\x81", "decomposed");
  tree.file("A", "upper");

  EXPECT_EQ(served("a/b/c.txt"), "deep");
  EXPECT_EQ(served("caf\xc3\xa9"), "composed");
  EXPECT_EQ(served("cafe\xcc\x81"), "decomposed");
  EXPECT_EQ(served("A"), "upper");
  EXPECT_EQ(served("A/b/c.txt"), "[not found]");
  EXPECT_EQ(served("a%2fb%2fc.txt"), "[not found]");
}

TEST_F(FileTreeTest, ServesAnEmptyFile) {
  tree.file("empty", "");

  EXPECT_EQ(served("empty"), "");
}

TEST_F(FileTreeTest, ServesNothingForANameThatLeadsOut) {
  using namespace std::string_literals;
  tree.file("a/b", "text");

  for (const std::string& name :
       {"../outside.txt"s, "a/../../outside.txt"s, "./a/b"s, "a/./b"s, "a//b"s, "a/b/"s, "/a/b"s, "/etc/passwd"s,
        tree.path("a/b"), "..\\outside.txt"s, "a\\b"s, "C:/a/b"s, "C:"s, ""s, "."s, ".."s, "a/b\0"s, "a/b\0.txt"s}) {
    EXPECT_EQ(served(name), "[not found]") << name;
  }
}

TEST_F(FileTreeTest, ServesNothingForAFolderOrBelowAFile) {
  tree.file("a/b", "text");

  EXPECT_EQ(served("a"), "[not found]");
  EXPECT_EQ(served("a/b/c"), "[not found]");
}

TEST_F(FileTreeTest, ServesNothingForNamesTooLongToExist) {
  std::string deep = "d";
  while (deep.size() < 6000) deep += "/d";

  EXPECT_EQ(served(std::string(300, 'x')), "[not found]");
  EXPECT_EQ(served(deep), "[not found]");
}

TEST_F(FileTreeTest, FollowsLinksThatStayInside) {
  tree.file("a/b", "text");
  tree.link("link", "a/b");
  tree.link("a/up", "../link");
  tree.link("folder", "a");
  tree.link("around", "a/../a/b");

  for (const char* name : {"link", "a/up", "folder/b", "folder/up", "around"}) EXPECT_EQ(served(name), "text") << name;
}

TEST_F(FileTreeTest, RefusesLinksOfWhichAnyStepLeaves) {
  tree.file("a/b", "text");
  tree.link("out", "../outside.txt");
  tree.link("a/out", "../../outside.txt");
  tree.link("parent", "..");
  tree.link("back", "../root/a/b");
  tree.link("absolute", "/etc/passwd");
  tree.link("absolute_inside", tree.path("a/b"));
  tree.link("chain", "out");

  for (const char* name : {"out", "a/out", "parent/outside.txt", "parent/root/a/b", "back", "absolute",
                           "absolute_inside", "chain", "parent"}) {
    EXPECT_EQ(served(name), "[not found]") << name;
  }
}

TEST_F(FileTreeTest, ServesNothingForLinksThatLeadNowhereOrInACircle) {
  tree.link("dangling", "missing");
  tree.link("self", "self");
  tree.link("ping", "pong");
  tree.link("pong", "ping");

  for (const char* name : {"dangling", "self", "ping"}) EXPECT_EQ(served(name), "[not found]") << name;
}

TEST_F(FileTreeTest, ServesNothingForFifosAndSocketsNorLinksToThem) {
  tree.fifo("fifo");
  tree.socket("socket");
  tree.link("to_fifo", "fifo");

  for (const char* name : {"fifo", "socket", "to_fifo"}) EXPECT_EQ(served(name), "[not found]") << name;
}

TEST_F(FileTreeTest, ServesNothingForDevices) {
  if (!tree.device("zero")) GTEST_SKIP() << "only a privileged user can make devices";

  EXPECT_EQ(served("zero"), "[not found]");
}

TEST_F(FileTreeTest, RefusesTheJumpsOfProc) {
  const auto proc = FileTree::at("/proc/self").value();

  EXPECT_TRUE(proc.open("status"));
  for (const char* name : {"exe", "fd/0", "root/etc/passwd", "cwd/CMakeLists.txt"}) {
    const auto file = proc.open(name);
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error(), FileError::kNotFound) << name;
  }
}

TEST_F(FileTreeTest, SaysReadErrorForAFileThatIsThereAndClosedToUs) {
  tree.file("closed", "text");
  tree.permissions("closed", 0);
  const Unprivileged user;

  EXPECT_EQ(served("closed"), "[read error]");
}

TEST_F(FileTreeTest, DoesNotSayWhatAClosedFolderHolds) {
  tree.file("closed/there", "text");
  tree.permissions("closed", 0);
  const Unprivileged user;

  EXPECT_EQ(served("closed/there"), "[not found]");
  EXPECT_EQ(served("closed/missing"), "[not found]");
}

TEST_F(FileTreeTest, SaysReadErrorWhenThereAreNoDescriptorsLeft) {
  tree.file("a", "text");
  const auto opened = FileTree::at(tree.root()).value();

  const auto file = [&] {
    const NoDescriptorsLeft scope;
    return opened.open("a");
  }();

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), FileError::kReadError);
  EXPECT_TRUE(opened.open("a"));
}

// The look and the opening are two steps. Whatever comes between them must neither block nor lead out.
TEST_F(FileTreeTest, WithstandsAFifoPutInAFilesPlaceAfterTheLook) {
  tree.file("a", "text");
  const Descriptor root = open_root(tree.root()).value();
  ASSERT_TRUE(look_beneath(root, "a"));

  tree.remove("a");
  tree.fifo("a");
  const auto file = open_file_beneath(root, "a");

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), FileError::kNotFound);
}

TEST_F(FileTreeTest, WithstandsALinkOutPutInAFilesPlaceAfterTheLook) {
  tree.file("a/b", "text");
  const Descriptor root = open_root(tree.root()).value();
  ASSERT_TRUE(look_beneath(root, "a/b"));

  tree.remove("a");
  tree.link("a", "..");
  tree.file("../b", "secret");
  const auto file = open_file_beneath(root, "a/b");

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error(), FileError::kNotFound);
}

TEST_F(FileTreeTest, WithstandsASocketOrAFolderPutInAFilesPlaceAfterTheLook) {
  const Descriptor root = open_root(tree.root()).value();
  tree.socket("socket");
  tree.folder("folder");

  for (const char* name : {"socket", "folder"}) {
    const auto file = open_file_beneath(root, name);
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error(), FileError::kNotFound) << name;
  }
}

using FileTest = FileTreeTest;

TEST_F(FileTest, ReadsAnyRangeAndStopsAtTheEnd) {
  tree.file("a", "0123456789");
  const auto file = FileTree::at(tree.root()).value().open("a").value();
  std::array<std::byte, 4> out{};

  EXPECT_EQ(file.size(), 10);
  EXPECT_EQ(file.read_at(3, out), 4);
  EXPECT_EQ(as_text(out), "3456");
  EXPECT_EQ(file.read_at(8, out), 2);
  EXPECT_EQ(as_text(out), "8956");
  EXPECT_EQ(file.read_at(10, out), 0);
  EXPECT_EQ(file.read_at(~std::uint64_t{0}, out), 0);
  EXPECT_EQ(file.read_at(std::uint64_t{1} << 63, out), 0);
  EXPECT_EQ(file.read_at(0, std::span<std::byte>()), 0);
}

TEST_F(FileTest, ReadsBeyond4GiB) {
  constexpr std::uint64_t kSize = (std::uint64_t{5} << 30) + 1;
  tree.sparse_file("big", kSize);
  const auto file = FileTree::at(tree.root()).value().open("big");
  ASSERT_TRUE(file);
  std::array<std::byte, 4> out{};

  EXPECT_EQ(file->size(), kSize);
  EXPECT_EQ(file->read_at(kSize - 1, out), 1);
}

TEST_F(FileTest, ThatShrankShowsAsAShortRead) {
  tree.file("a", "0123456789");
  const auto file = FileTree::at(tree.root()).value().open("a").value();
  std::array<std::byte, 10> out{};

  tree.sparse_file("a", 4);

  EXPECT_EQ(file.size(), 10);
  EXPECT_EQ(file.read_at(0, out), 4);
}

TEST_F(FileTest, StaysReadableWhenItsNameGoes) {
  tree.file("a", "old");
  const auto file = FileTree::at(tree.root()).value().open("a").value();
  std::array<std::byte, 3> out{};

  tree.file("b", "new");
  tree.rename("b", "a");

  EXPECT_EQ(file.read_at(0, out), 3);
  EXPECT_EQ(as_text(out), "old");
}

TEST(FileStamp, TellsOtherBytesFromOtherNames) {
  const FileStamp first{.id = {1, 2}, .size = 10, .links = 1, .modified = 100, .changed = 100};
  const auto with = [&](auto change) {
    FileStamp stamp = first;
    change(stamp);
    return stamp;
  };

  EXPECT_FALSE(first.has_other_bytes(first));
  EXPECT_TRUE(first.has_other_bytes(with([](FileStamp& s) { s.size = 11; })));
  EXPECT_TRUE(first.has_other_bytes(with([](FileStamp& s) { s.modified = s.changed = 101; })));
  EXPECT_TRUE(first.has_other_bytes(with([](FileStamp& s) { s.changed = 101; })));  // its time was set back
  EXPECT_FALSE(first.has_other_bytes(with([](FileStamp& s) { s.links = 0, s.changed = 101; })));
}

TEST(FileStamp, HasAnotherValidatorForEachVersion) {
  const FileStamp first{.id = {1, 2}, .size = 10, .links = 1, .modified = 100, .changed = 100};
  const FileStamp others[] = {
      {.id = {1, 3}, .size = 10, .links = 1, .modified = 100, .changed = 100},
      {.id = {3, 2}, .size = 10, .links = 1, .modified = 100, .changed = 100},
      {.id = {1, 2}, .size = 11, .links = 1, .modified = 100, .changed = 100},
      {.id = {1, 2}, .size = 10, .links = 1, .modified = 101, .changed = 100},
      {.id = {1, 2}, .size = 10, .links = 1, .modified = 100, .changed = 101},
  };

  EXPECT_EQ(first.validator(), FileStamp(first).validator());
  EXPECT_EQ(first.validator().size(), 24U);
  for (const FileStamp& other : others) EXPECT_NE(first.validator(), other.validator());
}

// As if it was written some time later: the clock of a file system may stand still for milliseconds.
void write_later(TemporaryTree& tree, const std::string& name, const std::string& text) {
  const auto before = std::filesystem::last_write_time(tree.path(name));
  tree.file(name, text);
  std::filesystem::last_write_time(tree.path(name), before + std::chrono::seconds(1));
}

class SparingFileTest : public FileTreeTest {
 protected:
  SparingFile open(const std::string& name) { return {files_, files_.open(name).value(), name, open_}; }

  FileTree files_ = FileTree::at(tree.root()).value();
  std::size_t open_ = 0;
};

TEST_F(SparingFileTest, NoticesThatItIsWrittenAtTheLastByteAtLatest) {
  tree.file("a", "0123456789");
  SparingFile file = open("a");
  std::array<std::byte, 5> out{};

  ASSERT_TRUE(file.read_exactly(0, out));
  EXPECT_TRUE(file.is_unchanged());
  write_later(tree, "a", "9876543210");

  const bool read = file.read_exactly(5, out);
  EXPECT_FALSE(read && file.is_unchanged());
}

TEST_F(SparingFileTest, LooksForChangesNowAndThenInALargeFile) {
  tree.file("a", std::string(1 << 20, 'a'));
  SparingFile file = open("a");
  std::array<std::byte, 4096> out{};
  write_later(tree, "a", std::string(1 << 20, 'b'));

  std::size_t read = 0;
  while (read < 1 << 20 && file.read_exactly(read, out)) read += out.size();

  EXPECT_LE(read, 64U * 1024);
}

TEST_F(SparingFileTest, IsTheSameFileWhateverBecomesOfItsName) {
  tree.file("a", "0123456789");
  SparingFile file = open("a");
  std::array<std::byte, 10> out{};

  tree.file("b", "9876543210");
  tree.rename("b", "a");

  EXPECT_TRUE(file.read_exactly(0, out) && file.is_unchanged());
  EXPECT_EQ(as_text(out), "0123456789");
  EXPECT_NE(file.validator(), open("a").validator());
}

}  // namespace
}  // namespace torq::files
