// SPDX-License-Identifier: MIT
#include "torq/client/udp_conversation.hpp"

#include <gtest/gtest.h>

#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::client {
namespace {

using namespace std::chrono_literals;
using wire::UdpAction;
using wire::UdpConnectionId;
using wire::UdpHeader;

/// The client's side, and a tracker that a test plays.
class UdpConversationTest : public testing::Test {
 protected:
  using Packet = std::vector<std::byte>;

  static Packet packet(const auto& write) {
    Packet bytes(wire::kUdpMaxRequest);
    bytes.resize(write(std::span(bytes)));
    return bytes;
  }

  void announce(std::uint64_t number, Duration patience = 40s) {
    UdpAnnounceQuestion question;
    question.request.announce.port = 6881;
    question.url_data = "/announce?key=1";
    conversation_.ask(now_, number, question, now_ + patience);
  }
  void scrape(std::uint64_t number, std::size_t hashes) {
    conversation_.ask(now_, number, UdpScrapeQuestion(hashes), now_ + 40s);
  }

  /// What the client sends now, if anything.
  std::optional<UdpHeader> sent() {
    last_ = packet([&](auto room) { return conversation_.next_datagram(now_, room); });
    return wire::parse_udp_header(last_);
  }
  UdpHeader sent(UdpAction action) {
    const auto header = sent();
    EXPECT_TRUE(header);
    EXPECT_EQ(header.value_or(UdpHeader{}).action, action);
    return header.value_or(UdpHeader{});
  }
  void let_connect(std::uint64_t id = 7) {
    const UdpHeader header = sent(UdpAction::kConnect);
    hear(packet([&](auto out) { return encode_udp_connect_reply(out, header.transaction, UdpConnectionId{id}); }));
  }
  void hear(Bytes bytes) { conversation_.handle_datagram(now_, bytes); }
  void hear_announced(wire::UdpTransaction transaction, const tracker::AnnounceReply& reply = {}) {
    hear(packet([&](auto out) { return encode_udp_announce_reply(out, transaction, Family::kIpv4, reply); }));
  }
  void hear_error(wire::UdpTransaction transaction, std::string_view text) {
    hear(packet([&](auto out) { return encode_udp_error(out, transaction, text); }));
  }
  void pass(Duration time) {
    now_ += time;
    conversation_.handle_timeout(now_);
  }
  /// Lets time pass until the conversation wants it.
  Duration wait() {
    const Instant next = conversation_.next_timeout(now_).value();
    const Duration waited = next - now_;
    pass(waited);
    return waited;
  }
  std::string failure() {
    const auto answered = conversation_.next_answer();
    return !answered ? "no answer" : answered->answer ? "good" : answered->answer.error().message;
  }

  Instant now_{};
  quic::SeededEntropy entropy_{1};
  UdpConversation conversation_{Family::kIpv4, entropy_};
  Packet last_;
};

TEST_F(UdpConversationTest, ConnectsThenAsksThenAnswers) {
  announce(5);

  EXPECT_EQ(sent(UdpAction::kConnect).connection, wire::kUdpProtocol);
  EXPECT_FALSE(sent()) << "one connect is enough";
  now_ += 15s;
  let_connect(9);
  const UdpHeader asked = sent(UdpAction::kAnnounce);
  EXPECT_EQ(asked.connection, UdpConnectionId{9});
  std::array<char, 64> url{};
  EXPECT_EQ(wire::join_url_data(wire::parse_udp_announce(last_)->options, url), "/announce?key=1");
  hear_announced(asked.transaction, {60s, 3, 4, {parse_socket_address("192.0.2.1:6881").value()}});

  const auto answered = conversation_.next_answer();
  ASSERT_TRUE(answered && answered->answer);
  EXPECT_EQ(answered->number, 5U);
  const auto& reply = std::get<tracker::AnnounceReply>(*answered->answer);
  EXPECT_EQ(std::pair(reply.complete, reply.incomplete), std::pair(std::uint64_t{3}, std::uint64_t{4}));
  EXPECT_EQ(reply.peers.size(), 1U);
  EXPECT_TRUE(conversation_.idle());
}

TEST_F(UdpConversationTest, AsksAgainAfterFifteenThirtyAndSixtySeconds) {
  announce(1, 200s);
  sent(UdpAction::kConnect);

  for (const Duration expected : {15s, 30s, 60s}) {
    EXPECT_EQ(wait(), expected);
    sent(UdpAction::kConnect);
  }
}

TEST_F(UdpConversationTest, GetsANewIdBeforeItAsksAgain) {
  announce(1);
  let_connect(1);
  const auto first = sent(UdpAction::kAnnounce);

  EXPECT_EQ(wait(), 15s);
  let_connect(2);
  const auto second = sent(UdpAction::kAnnounce);

  EXPECT_EQ(second.connection, UdpConnectionId{2});
  EXPECT_EQ(second.transaction, first.transaction) << "a late answer to the first is one to the second";
}

TEST_F(UdpConversationTest, UsesAConnectionIdForAMinute) {
  conversation_.knock(now_);
  let_connect();
  EXPECT_TRUE(conversation_.connected(now_));

  pass(59s);
  announce(1);
  hear_announced(sent(UdpAction::kAnnounce).transaction);
  EXPECT_EQ(failure(), "good");
  pass(1s);
  announce(2);

  sent(UdpAction::kConnect);
}

TEST_F(UdpConversationTest, GivesUpAtTheDeadline) {
  announce(1, 20s);
  sent(UdpAction::kConnect);
  EXPECT_EQ(wait(), 15s);
  sent(UdpAction::kConnect);
  EXPECT_EQ(wait(), 5s);

  EXPECT_EQ(failure(), "no answer over UDP");
  EXPECT_FALSE(conversation_.next_timeout(now_));

  announce(2, 10s);
  let_connect();
  sent(UdpAction::kAnnounce);
  EXPECT_EQ(wait(), 10s);
  EXPECT_EQ(failure(), "no answer in time");
}

TEST_F(UdpConversationTest, HearsNobodyWhoDoesNotKnowTheTransaction) {
  announce(1);
  const auto connect = sent(UdpAction::kConnect);
  const auto other = wire::UdpTransaction{static_cast<std::uint32_t>(connect.transaction) + 1};
  hear(packet([&](auto out) { return encode_udp_connect_reply(out, other, UdpConnectionId{3}); }));
  hear_error(other, "no");
  hear({});
  hear(Packet(7));
  EXPECT_FALSE(conversation_.connected(now_));

  now_ += 15s;
  let_connect();
  const auto asked = sent(UdpAction::kAnnounce);
  hear_announced(wire::UdpTransaction{static_cast<std::uint32_t>(asked.transaction) ^ 1});
  EXPECT_EQ(failure(), "no answer");
}

TEST_F(UdpConversationTest, TellsTheTrackersReason) {
  announce(1);
  let_connect();
  hear_error(sent(UdpAction::kAnnounce).transaction, std::string_view("torrent not\nwhitelisted\0", 24));

  EXPECT_EQ(failure(), "the tracker refuses: torrent not?whitelisted");
  EXPECT_FALSE(conversation_.connected(now_)) << "a new ID may please it";
}

TEST_F(UdpConversationTest, ARefusedConnectFailsAll) {
  announce(1);
  announce(2);
  hear_error(sent(UdpAction::kConnect).transaction, "banned");

  EXPECT_EQ(failure(), "the tracker refuses: banned");
  EXPECT_EQ(failure(), "the tracker refuses: banned");
}

TEST_F(UdpConversationTest, RefusesAnAnswerToSomethingElse) {
  announce(1);
  scrape(2, 2);
  let_connect();
  const auto announced = sent(UdpAction::kAnnounce);
  const auto scraped = sent(UdpAction::kScrape);
  const std::vector<tracker::SwarmCounts> one(1);
  hear(packet([&](auto out) { return encode_udp_scrape_reply(out, announced.transaction, one); }));
  hear(packet([&](auto out) { return encode_udp_scrape_reply(out, scraped.transaction, one); }));

  EXPECT_EQ(failure(), "the answer is wrong: it is not to what was asked");
  EXPECT_EQ(failure(), "the answer is wrong: it has figures for 1 of 2 swarms");
}

TEST_F(UdpConversationTest, SaysThatAnAnswerIsCut) {
  announce(1);
  let_connect();
  const auto asked = sent(UdpAction::kAnnounce);
  const auto whole =
      packet([&](auto out) { return encode_udp_announce_reply(out, asked.transaction, Family::kIpv4, {}); });
  hear(std::span(whole).first(7));
  EXPECT_EQ(failure(), "no answer") << "it does not say to what";
  hear(std::span(whole).first(19));

  EXPECT_EQ(failure(), "the answer is cut: it has 19 bytes");
}

TEST_F(UdpConversationTest, AsksManyThingsOfOneConnection) {
  for (std::uint64_t number = 0; number < 3; ++number) announce(number);
  let_connect();
  std::vector<wire::UdpTransaction> transactions;
  while (const auto header = sent()) transactions.push_back(header->transaction);
  ASSERT_EQ(transactions.size(), 3U);

  for (auto it = transactions.rbegin(); it != transactions.rend(); ++it) hear_announced(*it);

  for (const std::uint64_t number : {2U, 1U, 0U}) EXPECT_EQ(conversation_.next_answer()->number, number);
}

}  // namespace
}  // namespace torq::client
