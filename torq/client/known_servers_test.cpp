// SPDX-License-Identifier: MIT
#include "torq/client/known_servers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::client {
namespace {

const std::string kPin = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

class KnownServersTest : public testing::Test {
 protected:
  std::string fault_of(const std::string& text) {
    tree_.file("known", text);
    const auto found = known_.find("h", 1);
    return found ? "none" : found.error();
  }
  std::string pin_of(const std::string& host, std::uint16_t port) {
    const auto found = known_.find(host, port);
    EXPECT_TRUE(found) << found.error();
    return found && *found ? (*found)->pin : "";
  }
  std::string text() { return files::read_file(path_, 1 << 20).value(); }

  files::TemporaryTree tree_;
  std::string path_ = tree_.path("known");
  KnownServers known_{path_};
};

TEST_F(KnownServersTest, KnowsNobodyWithoutAFile) {
  EXPECT_EQ(pin_of("h", 1), "");
  EXPECT_FALSE(files::read_file(path_, 1));
}

TEST_F(KnownServersTest, RemembersAKeyByHostAndPort) {
  const auto added = known_.add("Tracker.Example", 7001, kPin);

  EXPECT_EQ(added.value().pin, kPin);
  EXPECT_EQ(added.value().where, path_ + ", line 1");
  EXPECT_EQ(pin_of("tracker.example", 7001), kPin);
  EXPECT_EQ(pin_of("TRACKER.EXAMPLE", 7001), kPin);
  EXPECT_EQ(pin_of("tracker.example", 7002), "");
  EXPECT_EQ(pin_of("racker.example", 7001), "");
  EXPECT_EQ(text(), "tracker.example:7001 " + kPin + "\n");
}

TEST_F(KnownServersTest, ComparesAddressesByValue) {
  ASSERT_TRUE(known_.add("2001:DB8:0::1", 7001, kPin));

  EXPECT_EQ(text(), "[2001:db8::1]:7001 " + kPin + "\n");
  EXPECT_EQ(pin_of("2001:db8::1", 7001), kPin);
}

TEST_F(KnownServersTest, KeepsWhatIsThereAndTellsTheLine) {
  tree_.file("known", "# mine\r\n\r\n  a:1\t " + kOther + "  \r\nb:2 " + kPin);

  const auto added = known_.add("c", 3, kPin);

  EXPECT_EQ(added.value().where, path_ + ", line 5");
  EXPECT_EQ(known_.find("a", 1).value()->where, path_ + ", line 3");
  EXPECT_EQ(pin_of("b", 2), kPin);
  EXPECT_EQ(known_.find("c", 3).value()->where, path_ + ", line 5");
}

TEST_F(KnownServersTest, NeverReplacesAKeyByItself) {
  ASSERT_TRUE(known_.add("h", 1, kPin));

  const auto second = known_.add("h", 1, kOther);

  EXPECT_EQ(second.value().pin, kPin);
  EXPECT_EQ(text(), "h:1 " + kPin + "\n");
}

TEST_F(KnownServersTest, NamesFileAndLineOfWhatIsBroken) {
  const std::string begin = "it must begin with host:port";
  const std::string pin = "after host:port and a space there must be a pin: a pin is sha256: and 64 hexadecimal digits";
  for (const std::string& line : {"h " + kPin, "h: " + kPin, ":1 " + kPin, "h:0 " + kPin, "h:65536 " + kPin,
                                  "h:1/x " + kPin, "h:1?pin=" + kPin + " " + kPin, "::1:1 " + kPin, "[::1] " + kPin,
                                  kPin, std::string("\0h:1 ", 5) + kPin, "h\x1b[2J:1 " + kPin}) {
    EXPECT_EQ(fault_of("# x\n" + line + "\n"), path_ + ", line 2: " + begin) << line;
  }
  for (const std::string& line : {std::string("h:1"), std::string("h:1 x"), "h:1 " + kPin + " x", "h:1" + kPin,
                                  "h:1 " + kPin + "a", "h:1 sha256:" + std::string(63, 'a')}) {
    const std::string fault = fault_of(line);
    EXPECT_TRUE(fault == path_ + ", line 1: " + pin || fault == path_ + ", line 1: " + begin) << line << ": " << fault;
  }
}

TEST_F(KnownServersTest, TrustsNobodyByAFileWithABrokenLineAnywhere) {
  tree_.file("known", "h:1 " + kPin + "\nbroken\n");

  EXPECT_FALSE(known_.find("h", 1));
  EXPECT_FALSE(known_.add("i", 1, kPin));
}

TEST_F(KnownServersTest, RefusesTwoKeysForOneServer) {
  EXPECT_EQ(fault_of("h:1 " + kPin + "\nH:1 " + kOther + "\n"),
            path_ + ", line 2: another pin for h:1 than in " + path_ + ", line 1: remove the wrong one");
  EXPECT_EQ(fault_of("h:1 " + kPin + "\nh:1 " + kPin + "\n"), "none");
}

TEST_F(KnownServersTest, RefusesAFileThatIsTooLarge) {
  tree_.sparse_file("known", 1024 * 1024 + 1);

  EXPECT_FALSE(known_.find("h", 1));
}

TEST_F(KnownServersTest, DoesNotGrowBeyondWhatItReads) {
  tree_.file("known", std::string(1024 * 1024 - 20, '#') + "\n");

  EXPECT_EQ(known_.add("h", 1, kPin).error(), path_ + " is full: remove servers that you do not use any more");
}

TEST_F(KnownServersTest, MakesItsFolderAndKeepsBothToTheOwner) {
  const KnownServers known(tree_.path("a/b/known"));

  ASSERT_TRUE(known.add("h", 1, kPin));

  EXPECT_EQ(std::filesystem::status(tree_.path("a/b")).permissions(), std::filesystem::perms(0700));
  EXPECT_EQ(std::filesystem::status(tree_.path("a/b/known")).permissions(), std::filesystem::perms(0600));
}

TEST_F(KnownServersTest, SaysWhatStandsInItsWay) {
  tree_.file("file", "");
  tree_.folder("known");

  EXPECT_FALSE(known_.find("h", 1));
  EXPECT_NE(KnownServers(tree_.path("file/known")).add("h", 1, kPin).error().find(tree_.path("file")),
            std::string::npos);
}

TEST_F(KnownServersTest, LosesNoServerOfManyThatAreAddedAtOnce) {
  constexpr std::uint16_t kEach = 10;
  std::vector<std::thread> threads;
  for (const char* host : {"a", "b", "c", "d"}) {
    threads.emplace_back([this, host] {
      for (std::uint16_t port = 1; port <= kEach; ++port) EXPECT_TRUE(KnownServers(path_).add(host, port, kPin));
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(std::ranges::count(text(), '\n'), 4 * kEach);
}

}  // namespace
}  // namespace torq::client
