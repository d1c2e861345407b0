// SPDX-License-Identifier: MIT
#include "torq/client/fixture_test.hpp"

namespace torq::client {
namespace {

TEST(Client, RunsManyRequestsSideBySideOnOneConnection) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;
  Collected<tracker::AnnounceReply> replies;

  for (int i = 0; i < 300; ++i) client.announce(server.pinned(), announce_of(), replies.next());

  for (const auto& reply : replies.wait_for(300)) EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, WaitsForAStreamWhereTheServerAllowsOne) {
  Setting setting = fresh_setting();
  setting.limits.streams = 1;
  ScriptedServer server(always(answer(kAnnounceReply)), setting);
  Client client;
  Collected<tracker::AnnounceReply> replies;

  for (int i = 0; i < 50; ++i) client.announce(server.pinned(), announce_of(), replies.next());

  for (const auto& reply : replies.wait_for(50)) EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, DoesNotWaitForeverForAStream) {
  Setting setting = fresh_setting();
  setting.limits.streams = 0;
  ScriptedServer server(always(answer(kAnnounceReply)), setting);
  Client client(impatient());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(reply.error().message, "the server lets no further request begin");
}

TEST(Client, HasOneConnectionForEachTrustSetting) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));
  ASSERT_TRUE(client.announce(server.as(Trust::anyone()), announce_of()));
  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  EXPECT_EQ(server.connections(), 2U);
}

TEST(Client, ConnectsAgainAfterTheServerClosedBetweenRequests) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;
  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  server.close_connections();
  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Client, ConnectsAgainToAServerThatForgotIt) {
  Client client;
  auto first = std::make_unique<ScriptedServer>(always(answer(kAnnounceReply)));
  ASSERT_TRUE(client.announce(first->pinned(), announce_of()));
  const Setting setting = first->setting();

  first.reset();
  ScriptedServer second(always(answer(kAnnounceReply)), setting);
  const auto reply = client.announce(second.pinned(), announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(second.connections(), 1U);
}

TEST(Client, DoesNotTakeASlowServerForADeadOne) {
  ScriptedServer server(always(never()));
  Options options;
  options.idle_timeout = 60ms;
  options.answer_timeout = 400ms;
  Client client(options);

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, TakesASilentServerForADeadOne) {
  auto server = std::make_unique<ScriptedServer>(always(never()));
  Options options = impatient();
  options.idle_timeout = 60ms;
  options.answer_timeout = 10s;
  Client client(options);
  Collected<tracker::AnnounceReply> replies;
  client.announce(server->pinned(), announce_of(), replies.next());
  server->wait_for_requests(1);

  server.reset();

  EXPECT_EQ(replies.wait_for(1).at(0).error().kind, ErrorKind::kUnreachable);
}

TEST(Client, LetsAConnectionEndThatNobodyUses) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Options options;
  options.idle_timeout = 20ms;
  Client client(options);
  ASSERT_TRUE(client.announce(server.pinned(), announce_of()));

  server.wait_for_end_of(1);

  EXPECT_TRUE(client.announce(server.pinned(), announce_of()));
  EXPECT_EQ(server.connections(), 2U);
}

TEST(Client, RepeatsARequestWhoseConnectionTheServerClosed) {
  ScriptedServer server([](const std::string&, std::size_t ordinal) {
    return ordinal < 3 ? close_connection() : answer(kAnnounceReply);
  });
  Client client(quick_to_retry());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST(Client, StopsRepeatingAfterItsRetries) {
  ScriptedServer server(always(close_connection()));
  Client client(quick_to_retry());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kLost);
  EXPECT_EQ(server.requests().size(), 1U + Options().retries);
}

TEST(Client, RepeatsNoAnnounceOfCompleted) {
  ScriptedServer server(always(close_connection()));
  Client client(quick_to_retry());
  auto completed = announce_of();
  completed.announce.event = tracker::AnnounceEvent::kCompleted;

  const auto reply = client.announce(server.pinned(), completed);

  EXPECT_EQ(reply.error().kind, ErrorKind::kLost);
  EXPECT_NE(reply.error().message.find("may count twice"), std::string::npos);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Client, RepeatsNothingAfterTheServerCalledItAFault) {
  constexpr std::uint64_t kProtocolViolation = 0x0a;
  ScriptedServer server(always(close_connection(kProtocolViolation)));
  Client client(quick_to_retry());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kLost);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Client, TriesAgainWhenTheServerTakesNoNewcomers) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  server.refuse_newcomers();
  Client client(quick_to_retry());

  const auto reply = client.announce(server.pinned(), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kUnreachable);
  EXPECT_EQ(reply.error().message, "the server takes no new connections");
}

TEST(Client, SaysThatNobodyAnswers) {
  const auto silent = net::UdpSocket::bind({parse_ip("127.0.0.1").value(), 0}, net::UdpSocket::Port::kOwn).value();
  Client client(impatient());

  const auto reply = client.announce({"127.0.0.1", silent.address().port, Trust::anyone()}, announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kUnreachable);
  EXPECT_EQ(reply.error().message, "no answer over UDP");
}

TEST(Client, SaysThatANameDoesNotResolve) {
  Client client;

  const auto reply = client.announce({"no-such-host.invalid", 7001, Trust::anyone()}, announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kName);
}

}  // namespace
}  // namespace torq::client
