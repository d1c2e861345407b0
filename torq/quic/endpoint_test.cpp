// SPDX-License-Identifier: MIT
// What an endpoint says to single datagrams from nowhere. How it converses is shown by the simulation.
#include "torq/quic/endpoint.hpp"

#include <gtest/gtest.h>
#include <ngtcp2/ngtcp2.h>

#include "torq/quic/certificate.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

constexpr Instant kEpoch{1h};
constexpr std::uint32_t kVersion2 = 0x6b3343cf;
constexpr std::uint32_t kUnknownVersion = 0xfaceb00c;

const Path kPath{*parse_socket_address("192.0.2.1:7001"), *parse_socket_address("198.51.100.1:40000")};

ServerTls server_tls() {
  CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = make_self_signed(KeyKind::kEd25519, terms);
  return *ServerTls::create(pair->cert_pem, pair->key_pem);
}

// A long header with made-up IDs, padded to `size` with what nobody can decrypt.
Datagram long_header(std::uint32_t version, std::size_t destination_length, std::size_t size, std::size_t token = 0) {
  Datagram out{std::byte{0xc3}};
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(version >> shift));
  out.push_back(static_cast<std::byte>(destination_length));
  out.resize(out.size() + destination_length, std::byte{0xdd});
  out.push_back(std::byte{8});
  out.resize(out.size() + 8, std::byte{0xcc});
  if (version == NGTCP2_PROTO_VER_V1) {
    out.push_back(static_cast<std::byte>(token));
    out.resize(out.size() + token, std::byte{0xee});
    const std::size_t rest = size - out.size() - 2;
    out.push_back(static_cast<std::byte>(0x40 | rest >> 8));
    out.push_back(static_cast<std::byte>(rest));
  }
  out.resize(size, std::byte{0x11});
  return out;
}

Datagram short_header(std::size_t size) {
  Datagram out(size, std::byte{0x22});
  out[0] = std::byte{0x40};
  return out;
}

class EndpointTest : public testing::Test {
 protected:
  explicit EndpointTest(Limits limits = {}) : EndpointTest(limits, server_tls()) {}
  EndpointTest(Limits limits, std::optional<ServerTls> tls)
      : endpoint({limits, make_secrets(entropy), {}, std::move(tls), {}}, entropy) {}

  void receive(const Datagram& datagram, const Path& path = kPath, Instant now = kEpoch) {
    endpoint.handle_datagram(now, path, Ecn::kNone, datagram);
  }

  std::vector<Datagram> answers(Instant now = kEpoch) {
    std::vector<Datagram> all;
    while (const auto run = endpoint.next_transmit(now, area)) {
      EXPECT_LE(run->size, run->segment_size);
      all.emplace_back(area.begin(), area.begin() + static_cast<std::ptrdiff_t>(run->size));
    }
    return all;
  }

  SeededEntropy entropy{1};
  std::vector<std::byte> area = std::vector<std::byte>(64 * 1024);
  Endpoint endpoint;
};

TEST_F(EndpointTest, NegotiatesTheVersionOfLargeDatagramsOnly) {
  for (const std::uint32_t version : {kUnknownVersion, kVersion2, 0x0a0a0a0aU}) {
    receive(long_header(version, 8, 1199));
    EXPECT_TRUE(answers().empty());

    receive(long_header(version, 8, 1200));
    const auto all = answers();
    ASSERT_EQ(all.size(), 1U);
    const auto header = parse_invariants(all[0], 0);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->version, 0U);
    EXPECT_EQ(header->destination[0], std::byte{0xcc});
  }
}

TEST_F(EndpointTest, NegotiatesTheVersionWhateverTheLengthOfItsIds) {
  for (const std::size_t length : {0, 1, 20, 21, 255}) {
    receive(long_header(kUnknownVersion, length, 1200));
    receive(long_header(kVersion2, length, 1200));
    EXPECT_EQ(answers().size(), 2U) << length;
  }
}

TEST_F(EndpointTest, DoesNotAnswerVersionNegotiation) {
  receive(long_header(0, 8, 1200));

  EXPECT_TRUE(answers().empty());
}

TEST_F(EndpointTest, KeepsNothingOfAnInitialThatCannotBeDecrypted) {
  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));

  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(endpoint.connection_count(), 0U);
  EXPECT_EQ(endpoint.next_timeout(), std::nullopt);
}

TEST_F(EndpointTest, KeepsNothingOfShortOrOversizedIds) {
  for (const std::size_t length : {0, 7, 21, 255}) {
    receive(long_header(NGTCP2_PROTO_VER_V1, length, 1200));
    EXPECT_TRUE(answers().empty()) << length;
  }
}

TEST_F(EndpointTest, AnswersAnUnknownShortHeaderWithASmallerReset) {
  receive(short_header(100));
  const auto all = answers();

  ASSERT_EQ(all.size(), 1U);
  EXPECT_LT(all[0].size(), 100U);
  receive(short_header(21));
  EXPECT_TRUE(answers().empty());
}

TEST_F(EndpointTest, HearsNothingFromPortZero) {
  Path path = kPath;
  path.remote.port = 0;

  receive(long_header(kUnknownVersion, 8, 1200), path);
  receive(short_header(100), path);

  EXPECT_TRUE(answers().empty());
}

TEST_F(EndpointTest, CountsWhatItDroppedAndWhatItAnswered) {
  Path from_nobody = kPath;
  from_nobody.remote.port = 0;

  receive(Datagram(20));
  receive(short_header(100), from_nobody);
  receive(long_header(kUnknownVersion, 8, 1199));
  receive(long_header(kUnknownVersion, 8, 1200));
  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));
  receive(short_header(21));
  receive(short_header(100));
  answers();

  const Counts& counts = endpoint.counts();
  EXPECT_EQ(counts.datagrams_in, 7U);
  EXPECT_EQ(counts.bytes_in, 20U + 100 + 1199 + 1200 + 1200 + 21 + 100);
  EXPECT_EQ(counts.datagrams_out, 2U);
  EXPECT_EQ(counts.version_negotiations, 1U);
  EXPECT_EQ(counts.resets, 1U);
  EXPECT_EQ(counts.accepted, 0U);
  EXPECT_EQ(counts.dropped.all(), (std::array<std::uint64_t, 7>{1, 1, 1, 1, 1, 0, 0}));
}

TEST_F(EndpointTest, TellsOfNewcomersItTurnedAwayWithinReason) {
  endpoint.refuse_newcomers();

  for (int i = 0; i < 200; ++i) receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));

  std::size_t told = 0;
  while (const auto event = endpoint.next_event()) {
    ++told;
    EXPECT_EQ(std::get<Refused>(event->what).from, kPath.remote);
    EXPECT_EQ(std::get<Refused>(event->what).reason, Refusal::kDraining);
    EXPECT_EQ(endpoint.find(event->connection), nullptr);
  }
  EXPECT_EQ(told, 64U);
  EXPECT_EQ(endpoint.counts().refused[Refusal::kDraining], 200U);
}

TEST_F(EndpointTest, BearsTimeThatGoesBackwards) {
  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));
  receive(long_header(NGTCP2_PROTO_VER_V1, 9, 1200), kPath, kEpoch - 1s);
  endpoint.handle_timeout(kEpoch - 2s);

  EXPECT_TRUE(answers(kEpoch - 3s).empty());
}

struct Busy : EndpointTest {
  static Limits limits() {
    Limits limits;
    limits.half_open = 0;
    limits.stateless = 5;
    limits.resets_per_second = 3;
    return limits;
  }
  Busy() : EndpointTest(limits()) {}
};

TEST_F(Busy, AsksForProofOfTheAddressBeforeItSpendsAnything) {
  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));
  const auto all = answers();

  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0][0] & std::byte{0xf0}, std::byte{0xf0});  // Retry
  EXPECT_LT(all[0].size(), 200U);
  EXPECT_EQ(endpoint.connection_count(), 0U);
  EXPECT_EQ(endpoint.counts().retries, 1U);
  EXPECT_EQ(endpoint.counts().limits_hit[LimitHit::kHalfOpen], 1U);
}

// A token that is not ours counts as none, and without one the destination has at least eight bytes (RFC 9000 7.2).
TEST_F(Busy, DropsAnInitialWithAForeignTokenAndAShortDestination) {
  receive(long_header(NGTCP2_PROTO_VER_V1, 7, 1200, 30));
  EXPECT_TRUE(answers().empty());

  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200, 30));
  EXPECT_EQ(answers().size(), 1U);
}

TEST_F(Busy, HoldsABoundedNumberOfAnswers) {
  for (int i = 0; i < 100; ++i) receive(long_header(kUnknownVersion, 8, 1200));

  EXPECT_EQ(answers().size(), 5U);
}

TEST_F(Busy, SendsABoundedNumberOfResetsEachSecond) {
  for (int i = 0; i < 100; ++i) receive(short_header(100));
  EXPECT_EQ(answers().size(), 3U);

  for (int i = 0; i < 100; ++i) receive(short_header(100), kPath, kEpoch + 1s);
  EXPECT_EQ(answers(kEpoch + 1s).size(), 3U);
  EXPECT_EQ(endpoint.counts().limits_hit[LimitHit::kResets], 2U * 97);
}

struct Client : EndpointTest {
  Client() : EndpointTest({}, std::nullopt) {}

  // The client's first datagram.
  Datagram begin() {
    handle = endpoint.connect(kEpoch, kPath, *ClientTls::create(TrustAnyone{}), "tracker.example");
    return answers().at(0);
  }

  Datagram negotiate(const Datagram& initial, std::initializer_list<std::uint32_t> versions) {
    const auto asked = parse_invariants(initial, 0);
    Datagram out(200);
    const auto size = ngtcp2_pkt_write_version_negotiation(
        reinterpret_cast<std::uint8_t*>(out.data()), out.size(), 0,
        reinterpret_cast<const std::uint8_t*>(asked->source.data()), asked->source.size(),
        reinterpret_cast<const std::uint8_t*>(asked->destination.data()), asked->destination.size(), versions.begin(),
        versions.size());
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

  ConnectionHandle handle{};
};

TEST_F(Client, SaysNothingToStrangers) {
  receive(long_header(kUnknownVersion, 8, 1200));
  receive(long_header(NGTCP2_PROTO_VER_V1, 8, 1200));
  receive(short_header(100));

  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(endpoint.connection_count(), 0U);
}

TEST_F(Client, EndsWhenTheServerSpeaksNoVersionOfOurs) {
  receive(negotiate(begin(), {kVersion2, 0x0a0a0a0a}));

  const auto event = endpoint.next_event();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->connection, handle);
  EXPECT_EQ(std::get<Closed>(event->what).reason.kind, CloseKind::kVersionRefused);
  EXPECT_TRUE(answers().empty());
}

// RFC 9000 6.2: such an answer cannot be meant.
TEST_F(Client, IgnoresVersionNegotiationThatOffersItsVersion) {
  receive(negotiate(begin(), {kVersion2, NGTCP2_PROTO_VER_V1}));

  EXPECT_EQ(endpoint.next_event(), std::nullopt);
  EXPECT_EQ(endpoint.connection_count(), 1U);
}

TEST_F(Client, FindsItsConnectionUntilTheEventAfterItsEnd) {
  begin();
  endpoint.close(kEpoch, handle);
  EXPECT_EQ(endpoint.find(handle)->open_stream(), std::nullopt);

  ASSERT_TRUE(std::holds_alternative<Closed>(endpoint.next_event()->what));
  EXPECT_NE(endpoint.find(handle), nullptr);
  EXPECT_EQ(endpoint.next_event(), std::nullopt);
  EXPECT_EQ(endpoint.find(handle), nullptr);
}

}  // namespace
}  // namespace torq::quic
