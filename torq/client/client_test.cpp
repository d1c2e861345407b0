// SPDX-License-Identifier: MIT
#include "torq/client/fixture_test.hpp"

namespace torq::client {
namespace {

TEST(Client, Announces) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  const auto reply = client.announce(server.pinned(), announce_of());

  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->interval, 60s);
  EXPECT_EQ(reply->complete, 2U);
  EXPECT_EQ(reply->peers.at(0), parse_socket_address("192.0.2.1:6881"));
}

TEST(Client, SendsOnlyTheAnnounceToAServerOfWhichItKnowsNothing) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_NE(server.requests()[0].find("\"info_hash\""), std::string::npos);
}

TEST(Client, ReachesAServerByName) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;
  Server by_name = server.pinned();
  by_name.host = "localhost";

  const auto reply = client.announce(by_name, announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
}

TEST(Client, ReachesAServerOverIpv6) {
  Setting setting = fresh_setting();
  setting.address.ip = parse_ip("::1").value();
  ScriptedServer server(always(answer(kAnnounceReply)), setting);
  Client client;

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
}

TEST(Client, TellsCodeTextAndAdviceOfARefusal) {
  ScriptedServer server(always(answer(R"({"error": "slow\ndown", "code": "RATE_LIMITED"})")));
  Client client;

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(reply.error().text(), "RATE_LIMITED: slow?down; wait before the next request");
}

TEST(Client, PassesOnCodesThatItDoesNotKnow) {
  ScriptedServer server(always(error("OUT_OF_TEA")));
  Client client;

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(reply.error().code, "OUT_OF_TEA");
}

TEST(Client, CallsAnswersWrongThatAreCutEmptyOrNoJson) {
  for (const std::string& wrong : {std::string(kAnnounceReply).substr(0, 40), std::string(), std::string("<html>"),
                                   std::string("{}"), std::string(kAnnounceReply) + "}"}) {
    ScriptedServer server(always(answer(wrong)));
    Client client;

    const auto reply = client.announce(server.pinned(), announce_of());

    ASSERT_FALSE(reply) << wrong;
    EXPECT_EQ(reply.error().kind, ErrorKind::kFaulty) << wrong;
  }
}

TEST(Client, GivesUpAnAnswerThatDoesNotEnd) {
  ScriptedServer server(always(stuck_after(std::string(64 * 1024, ' '))));
  Options options;
  options.max_answer_bytes = 64 * 1024 - 1;
  Client client(options);

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().text(), "the answer is wrong: it is longer than 65535 bytes");
}

TEST(Client, DoesNotWaitForeverForAnAnswer) {
  ScriptedServer server(always(stuck_after("{\"inter")));
  Client client(impatient());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(server.requests().size(), 1U) << "a slow answer is no lost connection";
}

TEST(Client, KeepsTheConnectionAfterAStreamWasGivenUp) {
  ScriptedServer server(
      [](const std::string&, std::size_t ordinal) { return ordinal == 0 ? reset_after("{") : answer(kAnnounceReply); });
  Client client;

  const auto first = client.announce(server.pinned(), announce_of());
  const auto second = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(first.error().kind, ErrorKind::kReset);
  EXPECT_TRUE(second) << second.error().text();
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, TellsWhatAServerOffers) {
  ScriptedServer server(always(answer(offering("file_raw"))));
  Client client;

  const auto reply = client.capabilities(server.pinned());

  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_TRUE(reply->capabilities.has(wire::Capability::kFileRaw));
  EXPECT_FALSE(reply->capabilities.has(wire::Capability::kScrape));
}

TEST(Client, ScrapesOnlyWhereThatIsOffered) {
  const std::string hash = "0123456789abcdef0123456789abcdef01234567";
  ScriptedServer knows(with("scrape", [&](const std::string&) {
    return answer(R"({"files": {")" + hash + R"(": {"complete": 1, "downloaded": 2, "incomplete": 3}}})");
  }));
  ScriptedServer ignorant(plain([](const std::string&) { return error("UNKNOWN_REQUEST"); }));
  Client client;
  const std::array swarms{parse_info_hash(hash).value()};

  const auto reply = client.scrape(knows.pinned(), swarms);
  const auto refusal = client.scrape(ignorant.pinned(), swarms);

  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->files.at(0).counts, (tracker::SwarmCounts{1, 2, 3}));
  EXPECT_EQ(refusal.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(refusal.error().message, "the server does not offer scrape");
  EXPECT_EQ(ignorant.requests().size(), 1U);
}

TEST(Client, ListsAFolder) {
  ScriptedServer server(with("list", [](const std::string&) {
    return answer(R"({"list": "", "entries": [{"name": "a", "type": "file", "size": 5}]})");
  }));
  Client client;

  const auto reply = client.list(server.pinned(), "");

  ASSERT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(reply->entries.at(0), (wire::ListEntry{"a", wire::EntryType::kFile, 5}));
}

TEST(Client, CancelsARequestThatIsUnderWayAndKeepsTheConnection) {
  ScriptedServer server(
      [](const std::string&, std::size_t ordinal) { return ordinal == 0 ? never() : answer(kAnnounceReply); });
  Client client;
  Collected<tracker::AnnounceReply> replies;
  const Call call = client.announce(server.pinned(), announce_of(), replies.next());
  server.wait_for_requests(1);

  client.cancel(call);

  EXPECT_EQ(replies.wait_for(1).at(0).error().kind, ErrorKind::kCancelled);
  EXPECT_TRUE(client.announce(server.pinned(), announce_of()));
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, CancelsARequestThatWaitsForAConnection) {
  const auto silent = net::UdpSocket::bind({parse_ip("127.0.0.1").value(), 0}, net::UdpSocket::Port::kOwn).value();
  Client client;
  Collected<tracker::AnnounceReply> replies;
  const Server nobody{"127.0.0.1", silent.address().port, Trust::anyone()};
  const Call call = client.announce(nobody, announce_of(), replies.next());

  client.cancel(call);

  EXPECT_EQ(replies.wait_for(1).at(0).error().kind, ErrorKind::kCancelled);
}

TEST(Client, CompletesEverythingBeforeItIsGone) {
  ScriptedServer server(always(never()));
  Collected<tracker::AnnounceReply> replies;
  {
    Client client;
    for (int i = 0; i < 150; ++i) client.announce(server.pinned(), announce_of(), replies.next());
  }

  for (const auto& reply : replies.wait_for(150)) EXPECT_EQ(reply.error().kind, ErrorKind::kCancelled);
}

TEST(Client, CompletesWhatACompletionAsksForWhileItGoes) {
  ScriptedServer server(always(never()));
  Collected<tracker::AnnounceReply> replies;
  {
    Client client;
    client.announce(server.pinned(), announce_of(),
                    [&](const auto&) { client.announce(server.pinned(), announce_of(), replies.next()); });
  }

  EXPECT_EQ(replies.wait_for(1).at(0).error().kind, ErrorKind::kCancelled);
}

TEST(Client, IsUsedFromManyThreads) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;

  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) good += client.announce(server.pinned(), announce_of()) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(good, 100);
}

}  // namespace
}  // namespace torq::client
