// SPDX-License-Identifier: MIT
#include "torq/client/fixture_test.hpp"

namespace torq::client {
namespace {

TEST(Client, BelievesAServerWhoseCertificateItsAuthoritiesSigned) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  const auto reply =
      client.announce(server.as(Trust::authorities(server.setting().certificate.cert_pem).value()), announce_of());

  EXPECT_TRUE(reply) << reply.error().text();
}

TEST(Client, RefusesAStrangersCertificateAndTellsItsPin) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  const Trust others = Trust::authorities(fresh_setting().certificate.cert_pem).value();
  Client client;

  const auto reply = client.announce(server.as(others), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTrust);
  EXPECT_EQ(reply.error().pin, server.setting().pin);
  EXPECT_NE(reply.error().text().find("--pin " + server.setting().pin), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
}

TEST(Client, RefusesAnotherKeyThanThePinned) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  const auto reply = client.announce(server.as(Trust::pin(fresh_setting().pin).value()), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTrust);
  EXPECT_EQ(reply.error().pin, server.setting().pin);
}

TEST(Client, RefusesACertificateForAnotherName) {
  Setting setting = fresh_setting();
  setting.address.ip = parse_ip("127.0.0.2").value();
  ScriptedServer server(always(answer(kAnnounceReply)), setting);
  Client client;

  const auto reply =
      client.announce(server.as(Trust::authorities(setting.certificate.cert_pem).value()), announce_of());

  EXPECT_EQ(reply.error().kind, ErrorKind::kTrust);
  EXPECT_NE(reply.error().message.find("127.0.0.2"), std::string::npos) << reply.error().message;
}

TEST(Client, BelievesAnyoneWhenTold) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  Client client;

  EXPECT_TRUE(client.announce(server.as(Trust::anyone()), announce_of()));
}

TEST(Trust, SaysWhatIsWrongWithASetting) {
  EXPECT_FALSE(Trust::pin("sha256:abc"));
  EXPECT_FALSE(Trust::pin(std::string(64, 'a')));
  EXPECT_FALSE(Trust::pin("md5:" + std::string(64, 'a')));
  EXPECT_FALSE(Trust::authorities("no certificate"));
  EXPECT_FALSE(Trust::authorities(""));
}

TEST(Trust, IsEqualWhenItsSettingIs) {
  const std::string digits(64, 'A');

  EXPECT_EQ(Trust::pin("sha256:" + digits).value(), Trust::pin("sha256:" + std::string(64, 'a')).value());
  EXPECT_NE(Trust::pin("sha256:" + digits).value(), Trust::pin("sha256:" + std::string(64, 'b')).value());
  EXPECT_NE(Trust::pin("sha256:" + digits).value(), Trust::anyone());
  EXPECT_EQ(Trust::anyone(), Trust::anyone());
}

}  // namespace
}  // namespace torq::client
