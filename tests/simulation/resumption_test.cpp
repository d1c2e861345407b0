// SPDX-License-Identifier: MIT
// What a server hands out for the next connection: TLS tickets, which spare the certificate, and address tokens, which
// spare the Retry.

#include <gtest/gtest.h>

#include <utility>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

const SocketAddress kLaterPort = *parse_socket_address("198.51.100.1:50001");
const SocketAddress kLaterHost = *parse_socket_address("203.0.113.9:50002");

// What the first connection of a client leaves behind.
quic::Keepsakes keepsakes_of(Simulation& sim) {
  sim.connected();
  sim.run_until_quiet();
  sim.close_from_client();
  sim.run_until_quiet();
  EXPECT_EQ(sim.requester.tickets.size(), 1U);
  EXPECT_GE(sim.requester.tokens.size(), 1U);  // more when a packet was taken for lost
  return {sim.requester.tickets.back(), sim.requester.tokens.back()};
}

bool resumes(Simulation& sim, const quic::Keepsakes& keepsakes) {
  sim.connected(keepsakes);
  sim.run_until_quiet();
  const bool resumed = sim.client_connection()->resumed();
  EXPECT_EQ(sim.server_connection()->resumed(), resumed);
  sim.request(1000);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
  return resumed;
}

Settings asking_for_retry() {
  Settings settings;
  settings.server.half_open = 0;
  return settings;
}

// A server that always asks back answers a client without a token with a Retry, whose first byte says so.
bool is_asked_back(Simulation& sim, const quic::Keepsakes& keepsakes) {
  bool asked = false;
  sim.link.watch([&](Direction direction, Bytes datagram) {
    const bool is_retry = (datagram.front() & std::byte{0xf0}) == std::byte{0xf0};
    if (direction == Direction::kToClient && is_retry) asked = true;
  });
  sim.connected(keepsakes);
  sim.link.watch([](Direction, Bytes) {});
  return asked;
}

TEST(SimulatedResumption, NeedsATicket) {
  Simulation sim(1);

  EXPECT_FALSE(resumes(sim, {}));
}

TEST(SimulatedResumption, WorksWithATicket) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(seed % 2 == 0 ? 0 : 0.1);
    sim.link.reorder(0.1);

    EXPECT_TRUE(resumes(sim, keepsakes_of(sim)));
  }
}

TEST(SimulatedResumption, LeavesATicketForTheNextOne) {
  Simulation sim(2);
  ASSERT_TRUE(resumes(sim, keepsakes_of(sim)));

  EXPECT_EQ(sim.requester.tickets.size(), 2U);
  EXPECT_TRUE(resumes(sim, {sim.requester.tickets.back(), {}}));
}

TEST(SimulatedResumption, WorksAtAnyWorkerAndAfterARestart) {
  Settings settings;
  settings.worker = {0, 2};
  Simulation first(3, settings);
  const auto keepsakes = keepsakes_of(first);
  settings.worker = {1, 2};
  Simulation other(3, settings);
  first.server.restart();

  EXPECT_TRUE(resumes(first, keepsakes));
  EXPECT_TRUE(resumes(other, keepsakes));
}

// GnuTLS numbers its periods by the real time, which the endpoint has to share here.
TEST(SimulatedResumption, OutlivesOneChangeOfKeysAndNoSecond) {
  Settings settings;
  settings.unix_time_at_zero = std::chrono::system_clock::now().time_since_epoch() - 1h;
  Simulation sim(4, settings);
  SeededEntropy entropy(5);
  const auto keepsakes = keepsakes_of(sim);
  quic::Secrets secrets = sim.server.options().secrets;

  secrets.previous = std::exchange(secrets.current, quic::make_ticket_keys(entropy));
  sim.server.endpoint().renew_secrets(secrets);
  EXPECT_TRUE(resumes(sim, keepsakes));

  secrets.previous = std::exchange(secrets.current, quic::make_ticket_keys(entropy));
  sim.server.endpoint().renew_secrets(secrets);
  EXPECT_FALSE(resumes(sim, keepsakes));
}

TEST(SimulatedResumption, FallsBackToTheCertificateUnderOtherKeys) {
  Simulation first(6);
  Simulation other(7);

  EXPECT_FALSE(resumes(other, keepsakes_of(first)));
}

TEST(SimulatedResumption, IgnoresATicketThatIsNone) {
  Simulation sim(8);
  const auto good = keepsakes_of(sim).ticket;

  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, good.size() / 2, good.size() - 1}) {
    const std::vector<std::byte> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(resumes(sim, {cut, {}})) << size;
  }
  EXPECT_FALSE(resumes(sim, {std::vector(300, std::byte{'x'}), std::vector(60, std::byte{'x'})}));
}

// A ticket got from anyone must not pass for a server that was checked.
TEST(SimulatedResumption, DoesNotWeakenTrust) {
  Simulation careless(9);
  const auto keepsakes = keepsakes_of(careless);
  Settings settings;
  settings.trust = quic::TrustPin{"sha256:" + std::string(64, 'a')};
  Simulation strict(9, settings);
  strict.connect(keepsakes);

  ASSERT_TRUE(strict.run_until([&] { return strict.requester.closed(strict.last()) != nullptr; }, 60s));

  EXPECT_EQ(strict.requester.closed(strict.last())->kind, quic::CloseKind::kTicketRefused);
  EXPECT_EQ(strict.responder.connections, 0U);
}

TEST(SimulatedResumption, DoesNotWeakenTrustInANameOrAnAuthority) {
  Simulation careless(12);
  const auto ticket = keepsakes_of(careless).ticket;
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto other = quic::make_self_signed(quic::KeyKind::kEd25519, terms)->cert_pem;
  for (const auto& [name, pem] :
       {std::pair("other.example", test_certificate().cert_pem), {"tracker.example", other}}) {
    Settings settings;
    settings.server_name = name;
    settings.trust = quic::TrustCertificateAuthorities{pem};
    Simulation strict(12, settings);
    strict.connect({ticket, {}});

    ASSERT_TRUE(strict.run_until([&] { return strict.requester.closed(strict.last()) != nullptr; }, 60s));

    EXPECT_EQ(strict.requester.closed(strict.last())->kind, quic::CloseKind::kTicketRefused) << name;
  }
}

TEST(SimulatedResumption, WorksUnderEachTrustThatTheCertificateSatisfies) {
  const quic::Trust pin = quic::TrustPin{*quic::spki_pin(test_certificate().cert_pem)};
  const quic::Trust authority = quic::TrustCertificateAuthorities{test_certificate().cert_pem};
  for (const quic::Trust& trust : {pin, authority}) {
    Settings settings;
    settings.trust = trust;
    Simulation sim(10, settings);

    EXPECT_TRUE(resumes(sim, keepsakes_of(sim))) << trust.index();
  }
}

TEST(SimulatedAddressToken, SparesTheRetry) {
  Simulation sim(20, asking_for_retry());
  const auto keepsakes = keepsakes_of(sim);

  EXPECT_TRUE(is_asked_back(sim, {}));
  EXPECT_FALSE(is_asked_back(sim, keepsakes));
  EXPECT_FALSE(is_asked_back(sim, {{}, keepsakes.token}));
}

// The caller's copy is gone when the first packet is repeated.
TEST(SimulatedAddressToken, IsRepeatedWithTheFirstPacket) {
  Simulation sim(27, asking_for_retry());
  const auto keepsakes = keepsakes_of(sim);
  const std::size_t before = sim.responder.connections;
  bool asked = false;
  sim.link.watch([&](Direction direction, Bytes datagram) {
    if (direction == Direction::kToClient && (datagram.front() & std::byte{0xf0}) == std::byte{0xf0}) asked = true;
  });
  sim.link.cut(Direction::kToServer);
  sim.connect(quic::Keepsakes(keepsakes));
  sim.run_for(500ms);
  sim.link.mend();

  ASSERT_TRUE(sim.run_until([&] { return sim.responder.connections > before; }, 60s));
  EXPECT_FALSE(asked);
}

TEST(SimulatedAddressToken, HoldsForAnotherPortOfTheAddress) {
  Simulation sim(21, asking_for_retry());
  const auto keepsakes = keepsakes_of(sim);
  sim.link.rebind(kLaterPort);

  EXPECT_FALSE(is_asked_back(sim, keepsakes));
}

TEST(SimulatedAddressToken, CountsAsNoneFromAnotherAddress) {
  Simulation sim(22, asking_for_retry());
  const auto keepsakes = keepsakes_of(sim);
  sim.link.rebind(kLaterHost);

  EXPECT_TRUE(is_asked_back(sim, keepsakes));
}

TEST(SimulatedAddressToken, CountsAsNoneAfterADay) {
  Simulation sim(23, asking_for_retry());
  const auto keepsakes = keepsakes_of(sim);

  sim.run_for(23h);
  EXPECT_FALSE(is_asked_back(sim, {{}, keepsakes.token}));
  sim.run_for(1h);
  EXPECT_TRUE(is_asked_back(sim, {{}, keepsakes.token}));
}

TEST(SimulatedAddressToken, CountsAsNoneUnderOtherKeys) {
  Simulation first(24, asking_for_retry());
  Simulation other(25, asking_for_retry());

  EXPECT_TRUE(is_asked_back(other, keepsakes_of(first)));
}

TEST(SimulatedAddressToken, ComesForANewAddressToo) {
  Simulation sim(26, asking_for_retry());
  sim.connected();
  sim.run_until_quiet();
  sim.link.rebind(kLaterHost);
  sim.request(1000);
  ASSERT_TRUE(sim.run_until_answered());
  sim.run_until_quiet();

  ASSERT_EQ(sim.requester.tokens.size(), 2U);
  EXPECT_FALSE(is_asked_back(sim, {{}, sim.requester.tokens[1]}));
  EXPECT_TRUE(is_asked_back(sim, {{}, sim.requester.tokens[0]}));
}

}  // namespace
}  // namespace torq::simulation
