// SPDX-License-Identifier: MIT
// How connections begin, and how they fail to.

#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include "simulation.hpp"
#include "torq/quic/invariants.hpp"

namespace torq::simulation {
namespace {

const quic::CloseReason& reason_of_end(Simulation& sim) {
  EXPECT_TRUE(sim.run_until([&] { return sim.requester.closed(sim.last()) != nullptr; }, 60s));
  static const quic::CloseReason kNone;
  const auto* reason = sim.requester.closed(sim.last());
  return reason == nullptr ? kNone : *reason;
}

std::string pin() { return *quic::spki_pin(test_certificate().cert_pem); }

TEST(SimulatedHandshake, TakesTwoRoundTripsOnAPerfectLink) {
  Simulation sim(1);

  const Instant begin = sim.now();
  sim.connected();

  EXPECT_LT(sim.now() - begin, 50ms);
  EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
}

std::string new_key(gnutls_pk_algorithm_t algorithm, unsigned bits) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_datum_t pem{};
  gnutls_x509_privkey_init(&key);
  EXPECT_EQ(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
  EXPECT_EQ(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &pem), 0);
  std::string text(reinterpret_cast<const char*>(pem.data), pem.size);
  gnutls_free(pem.data);
  gnutls_x509_privkey_deinit(key);
  return text;
}

TEST(SimulatedHandshake, CompletesWithEveryKindOfKeyThatAServerMayStartWith) {
  const std::vector<std::pair<gnutls_pk_algorithm_t, unsigned>> kinds = {
      {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
      {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
      {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)},
      {GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)},
      {GNUTLS_PK_RSA, 2048},
      {GNUTLS_PK_RSA_PSS, 2048}};
  for (const auto& [algorithm, bits] : kinds) {
    SCOPED_TRACE(gnutls_pk_get_name(algorithm) + std::string(" ") + std::to_string(GNUTLS_BITS_TO_CURVE(bits)));
    const std::string key = new_key(algorithm, bits);
    const auto certificate = quic::self_sign(key, {{"tracker.example"}, {}, {}, {}});
    ASSERT_TRUE(certificate) << certificate.error();
    Simulation sim(1);
    sim.server.endpoint().use(quic::ServerTls::create(*certificate, key).value());

    sim.connected();

    EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
  }
}

TEST(SimulatedHandshake, CompletesUnderLoss) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(0.2);
    sim.link.reorder(0.2);
    sim.link.duplicate(0.1);
    sim.connected();
    if (HasFailure()) return;
  }
}

TEST(SimulatedHandshake, EndsInTimeWhenTheServerCannotBeReached) {
  Simulation sim(2);
  sim.link.cut(Direction::kToServer);
  const Instant begin = sim.now();
  sim.connect();

  EXPECT_EQ(reason_of_end(sim).kind, quic::CloseKind::kHandshakeTimeout);

  EXPECT_GE(sim.now() - begin, 10s);
  EXPECT_LT(sim.now() - begin, 11s);
}

TEST(SimulatedHandshake, EndsInTimeAtAServerWhoseClientVanishes) {
  Simulation sim(3);
  sim.link.cut(Direction::kToClient);
  sim.connect();
  ASSERT_TRUE(sim.run_until([&] { return sim.server.endpoint().connection_count() == 1; }));
  sim.link.cut();

  EXPECT_TRUE(sim.run_until([&] { return !sim.responder.closed.empty(); }, 12s));

  EXPECT_EQ(sim.responder.closed[0].kind, quic::CloseKind::kHandshakeTimeout);
  sim.run_for(20s);
  EXPECT_EQ(sim.server.endpoint().connection_count(), 0U);
  EXPECT_EQ(sim.server.next_timeout(), std::nullopt);
}

TEST(SimulatedHandshake, ProvesItsAddressFirstWhenTheServerAsks) {
  Settings settings;
  settings.server.half_open = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed, settings);
    sim.link.lose(seed == 0 ? 0 : 0.03);
    const Instant begin = sim.now();
    sim.connected();
    sim.request(1000);

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_EQ(sim.requester.answered(), 1U);
    EXPECT_GT(sim.now() - begin, 60ms);  // one round trip more
  }
}

TEST(SimulatedHandshake, IsBegunOnceByHoweverManyCopiesOfItsFirstDatagram) {
  Simulation sim(11);
  std::vector<std::byte> first;
  sim.link.watch([&](Direction, Bytes datagram) {
    if (first.empty()) first.assign(datagram.begin(), datagram.end());
  });
  sim.connected();
  const quic::Path path{sim.link.client_path().remote, sim.link.outside()};

  sim.server.handle(sim.now(), {Direction::kToServer, path, quic::Ecn::kNone, first});
  sim.run_until_quiet();
  sim.server.handle(sim.now(), {Direction::kToServer, path, quic::Ecn::kNone, first});
  sim.run_until_quiet();

  EXPECT_EQ(sim.server.endpoint().connection_count(), 1U);
  sim.close_from_client();
  sim.run_for(10ms);
  sim.server.handle(sim.now(), {Direction::kToServer, path, quic::Ecn::kNone, first});
  EXPECT_EQ(sim.server.endpoint().connection_count(), 0U);
}

TEST(SimulatedHandshake, IsRefusedByAServerThatEnds) {
  Simulation sim(4);
  sim.server.endpoint().refuse_newcomers();
  sim.connect();

  const auto& reason = reason_of_end(sim);

  EXPECT_EQ(reason.kind, quic::CloseKind::kPeerTransport);
  EXPECT_EQ(reason.code, 2U);  // CONNECTION_REFUSED
  EXPECT_EQ(sim.server.endpoint().connection_count(), 0U);
}

TEST(SimulatedHandshake, IsRefusedByAServerThatIsFull) {
  Settings settings;
  settings.server.connections = 3;
  Simulation sim(5, settings);
  for (int i = 0; i < 3; ++i) sim.connected();

  sim.connect();

  EXPECT_EQ(reason_of_end(sim).kind, quic::CloseKind::kPeerTransport);
}

TEST(SimulatedTrust, InThePinOfTheServersKeySuffices) {
  Settings settings;
  settings.trust = quic::TrustPin{pin()};
  settings.server_name = "another.example";
  Simulation sim(6, settings);

  sim.connected();

  EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
}

TEST(SimulatedTrust, InAnotherPinRefusesAndSaysWhichWasSeen) {
  Settings settings;
  settings.trust = quic::TrustPin{"sha256:" + std::string(64, 'a')};
  Simulation sim(7, settings);
  sim.connect();

  const auto& reason = reason_of_end(sim);

  EXPECT_EQ(reason.kind, quic::CloseKind::kCertificateRefused);
  EXPECT_EQ(reason.peer_pin, pin());
  ASSERT_TRUE(sim.run_until([&] { return !sim.responder.closed.empty(); }, 5s));
  EXPECT_EQ(sim.responder.closed[0].kind, quic::CloseKind::kPeerTransport);
  EXPECT_EQ(sim.responder.closed[0].code, 0x100U + 42U);  // CRYPTO_ERROR, bad_certificate
  EXPECT_EQ(sim.responder.connections, 0U);
}

TEST(SimulatedTrust, InACertificateAuthorityHoldsForItsNamesAndAddresses) {
  for (const char* name : {"tracker.example", "192.0.2.1"}) {
    Settings settings;
    settings.trust = quic::TrustCertificateAuthorities{test_certificate().cert_pem};
    settings.server_name = name;
    Simulation sim(8, settings);

    sim.connected();

    EXPECT_EQ(sim.requester.closed(sim.last()), nullptr) << name;
  }
}

TEST(SimulatedTrust, InACertificateAuthorityRefusesOtherNamesAndAddresses) {
  for (const char* name : {"other.example", "192.0.2.9", "example"}) {
    Settings settings;
    settings.trust = quic::TrustCertificateAuthorities{test_certificate().cert_pem};
    settings.server_name = name;
    Simulation sim(9, settings);
    sim.connect();

    const auto& reason = reason_of_end(sim);

    EXPECT_EQ(reason.kind, quic::CloseKind::kCertificateRefused) << name;
    EXPECT_NE(reason.text.find(name), std::string::npos) << reason.text;
  }
}

TEST(SimulatedTrust, InOtherAuthoritiesRefuses) {
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  Settings settings;
  settings.trust = quic::TrustCertificateAuthorities{quic::make_self_signed(quic::KeyKind::kEd25519, terms)->cert_pem};
  Simulation sim(10, settings);
  sim.connect();

  const auto& reason = reason_of_end(sim);

  EXPECT_EQ(reason.kind, quic::CloseKind::kCertificateRefused);
  EXPECT_EQ(reason.peer_pin, pin());
}

// ngtcp2's clients clear the second bit at random where the server offers it (RFC 9287).
TEST(SimulatedHandshake, LetsTheServerKnowQuicByItsFirstByte) {
  Simulation sim(1);
  std::size_t seen = 0, foreign = 0;
  sim.link.watch([&](Direction direction, Bytes datagram) {
    if (direction != Direction::kToServer) return;
    ++seen;
    if (!quic::could_be_quic(datagram)) ++foreign;
  });

  sim.connected();
  for (int i = 0; i < 50; ++i) sim.request(10'000);
  EXPECT_TRUE(sim.run_until_answered());

  EXPECT_GT(seen, 20U);
  EXPECT_EQ(foreign, 0U);
}

}  // namespace
}  // namespace torq::simulation
