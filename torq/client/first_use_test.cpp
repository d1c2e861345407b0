// SPDX-License-Identifier: MIT
#include "torq/client/first_use.hpp"

#include "torq/client/fixture_test.hpp"
#include "torq/files/small_file.hpp"
#include "torq/files/temporary_tree_test.hpp"

namespace torq::client {
namespace {

class FirstUse : public testing::Test {
 protected:
  Result<Trust, Error> meet(const ScriptedServer& server) {
    return trust_on_first_use(client_, known_, "127.0.0.1", server.setting().address.port);
  }
  Result<tracker::AnnounceReply, Error> ask(const ScriptedServer& server, const Trust& trust) {
    return client_.announce(server.as(trust), announce_of());
  }

  files::TemporaryTree tree_;
  std::string path_ = tree_.path("known");
  KnownServers known_{path_};
  Client client_{quick_to_retry()};
};

TEST(Client, TellsAServersPinAndAsksItNothing) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  const auto pin = client.identify("127.0.0.1", server.setting().address.port);

  EXPECT_EQ(pin.value(), server.setting().pin);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Client, TellsWhyAServerHasNoPin) {
  Client client(impatient());

  const auto pin = client.identify("nobody.invalid", 7001);

  EXPECT_EQ(pin.error().kind, ErrorKind::kName);
}

TEST_F(FirstUse, WritesTheKeyDownBeforeAnythingIsAsked) {
  ScriptedServer server(always(answer(kAnnounceReply)));

  const auto trust = meet(server);

  EXPECT_EQ(trust.value(), Trust::pin(server.setting().pin).value());
  EXPECT_EQ(known_.find("127.0.0.1", server.setting().address.port).value()->pin, server.setting().pin);
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(ask(server, *trust));
}

TEST_F(FirstUse, AsksAKnownServerForNoKeyAgain) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  ASSERT_TRUE(meet(server));
  const std::size_t before = server.connections();

  EXPECT_TRUE(meet(server));
  EXPECT_EQ(*known_trust(known_, "127.0.0.1", server.setting().address.port).value(), *meet(server));

  EXPECT_EQ(server.connections(), before);
}

TEST_F(FirstUse, RefusesAChangedKeyAndTellsAllThatOneNeeds) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  const std::string old_pin = fresh_setting().pin;
  ASSERT_TRUE(known_.add("127.0.0.1", server.setting().address.port, old_pin));

  const auto reply = ask(server, meet(server).value());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTrust);
  EXPECT_EQ(reply.error().pin, server.setting().pin);
  for (const std::string& part :
       {std::string("CHANGED"), path_ + ", line 1", old_pin, server.setting().pin, std::string("remove that line")}) {
    EXPECT_NE(reply.error().text().find(part), std::string::npos) << part << " is not in " << reply.error().text();
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(FirstUse, BelievesNobodyByABrokenFile) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  tree_.file("known", "nonsense\n");

  EXPECT_EQ(meet(server).error().kind, ErrorKind::kTrust);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(FirstUse, UsesNoKeyThatCannotBeWrittenDown) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  tree_.file("file", "");
  const KnownServers nowhere(tree_.path("file/known"));

  const auto trust = trust_on_first_use(client_, nowhere, "127.0.0.1", server.setting().address.port);

  EXPECT_EQ(trust.error().kind, ErrorKind::kTrust);
  EXPECT_NE(trust.error().message.find(tree_.path("file")), std::string::npos) << trust.error().message;
}

}  // namespace
}  // namespace torq::client
