// SPDX-License-Identifier: MIT
#include "apps/torq/state/server_keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::app {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1);

bool same(const quic::TicketKeys& a, const quic::TicketKeys& b) { return a.ticket == b.ticket && a.token == b.token; }

TEST(KeyRing, IsReadAsItWasWritten) {
  quic::SeededEntropy entropy(1);
  KeyRing ring = make_key_ring(kNow, entropy);
  for (int generations = 1; generations <= 2; ++generations) {
    const auto read = parse_key_ring(encode_key_ring(ring));

    ASSERT_TRUE(read);
    EXPECT_EQ(read->reset, ring.reset);
    EXPECT_TRUE(same(read->current.keys, ring.current.keys));
    EXPECT_EQ(read->current.made, ring.current.made);
    ASSERT_EQ(read->previous.has_value(), ring.previous.has_value());
    if (ring.previous) {
      EXPECT_TRUE(same(read->previous->keys, ring.previous->keys));
    }
    renew_if_due(ring, kNow + 24h, entropy);
  }
}

TEST(KeyRing, GivesUdpTrackersAKeyThatLastsAsLongAsTheResetKey) {
  quic::SeededEntropy entropy(1);
  KeyRing ring = make_key_ring(kNow, entropy);
  const SipKey key = udp_key_of(ring);

  renew_if_due(ring, kNow + 24h, entropy);

  EXPECT_EQ(udp_key_of(ring).words, key.words);
  EXPECT_NE(udp_key_of(make_key_ring(kNow, entropy)).words, key.words);
}

TEST(KeyRing, IsNotReadFromAnyOtherText) {
  quic::SeededEntropy entropy(1);
  KeyRing ring = make_key_ring(kNow, entropy);
  renew_if_due(ring, kNow + 24h, entropy);
  const std::string good = encode_key_ring(ring);

  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(parse_key_ring(good.substr(0, i))) << i;
    std::string changed = good;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(parse_key_ring(changed)) << i;
  }
  EXPECT_FALSE(parse_key_ring(good + "\n"));
  EXPECT_FALSE(parse_key_ring(good + good));
}

TEST(KeyRing, IsRenewedAfterADayAndRemembersOneGeneration) {
  quic::SeededEntropy entropy(1);
  KeyRing ring = make_key_ring(kNow, entropy);
  const KeyRing first = ring;

  EXPECT_FALSE(renew_if_due(ring, kNow + 24h - 1s, entropy));
  EXPECT_TRUE(renew_if_due(ring, kNow + 24h, entropy));
  const KeyRing second = ring;
  EXPECT_TRUE(same(second.previous->keys, first.current.keys));
  EXPECT_FALSE(same(second.current.keys, first.current.keys));
  EXPECT_FALSE(renew_if_due(ring, kNow + 48h - 1s, entropy));
  EXPECT_TRUE(renew_if_due(ring, kNow + 48h, entropy));

  EXPECT_TRUE(same(ring.previous->keys, second.current.keys));
  EXPECT_EQ(ring.reset, first.reset);
}

TEST(KeyRing, FromTheFutureIsRenewed) {
  quic::SeededEntropy entropy(1);
  KeyRing ring = make_key_ring(kNow, entropy);

  EXPECT_TRUE(renew_if_due(ring, kNow - 1s, entropy));
  EXPECT_EQ(ring.current.made, kNow - 1s);
}

class KeyFile : public testing::Test {
 protected:
  files::TemporaryTree tree;
  quic::SeededEntropy entropy{1};
  StateDirectory state = StateDirectory::open(tree.path("state")).value();
  const std::string path = state.file("keys");

  ServerKeys load(std::chrono::sys_seconds now = kNow) { return ServerKeys::load(state, now, entropy); }
  std::size_t files() const {
    const auto begin = std::filesystem::directory_iterator(state.path());
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
  }
};

TEST_F(KeyFile, KeepsTheKeys) {
  const auto first = load().secrets();
  auto again = load(kNow + 1h);

  EXPECT_TRUE(same(again.secrets().current, first.current));
  EXPECT_EQ(again.secrets().reset, first.reset);
  EXPECT_FALSE(again.take_warning());
}

TEST_F(KeyFile, IsTheServersAlone) {
  load();
  struct stat status{};

  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(KeyFile, FollowsARenewal) {
  auto first = load();
  const auto old = first.secrets();

  EXPECT_TRUE(first.renew_if_due(kNow + 24h, entropy));

  const auto now = load(kNow + 24h).secrets();
  EXPECT_TRUE(same(now.current, first.secrets().current));
  EXPECT_TRUE(same(now.previous.value(), old.current));
}

TEST_F(KeyFile, IsRenewedAtTheStartWhenItIsOld) {
  const auto old = load().secrets();

  const auto now = load(kNow + 25h).secrets();

  EXPECT_TRUE(same(now.previous.value(), old.current));
  EXPECT_EQ(now.reset, old.reset);
}

TEST_F(KeyFile, IsSetAsideWhenItIsBroken) {
  const auto old = load().secrets();
  std::ofstream(path, std::ios::app) << "more\n";

  auto keys = load();

  const auto warning = keys.take_warning();
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->find(path + ".broken-"), std::string::npos) << *warning;
  EXPECT_NE(keys.secrets().reset, old.reset);
  EXPECT_EQ(load().secrets().reset, keys.secrets().reset);
  EXPECT_EQ(files(), 3U);  // the lock, the keys, the broken one
}

TEST_F(KeyFile, ThatCannotBeReadIsLeftAlone) {
  std::filesystem::create_directory(path);

  auto keys = load();

  EXPECT_TRUE(keys.take_warning());
  EXPECT_TRUE(std::filesystem::is_directory(path));
}

}  // namespace
}  // namespace torq::app
