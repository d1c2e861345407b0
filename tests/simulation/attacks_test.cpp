// SPDX-License-Identifier: MIT
// What has brought other QUIC servers down (their CVEs of 2023 to 2026), against ours. After each the server holds no
// more than a busy connection's share of memory, and either has ended the connection for a reason or serves on.

#include <gtest/gtest.h>

#include "forger.hpp"
#include "simulation.hpp"

namespace torq::simulation {
namespace {

using quic::CloseKind;

// RFC 9000 20.1
constexpr std::uint64_t kFlowControlError = 0x3;
constexpr std::uint64_t kStreamLimitError = 0x4;
constexpr std::uint64_t kStreamStateError = 0x5;
constexpr std::uint64_t kFrameEncodingError = 0x7;
constexpr std::uint64_t kConnectionIdLimitError = 0x9;
constexpr std::uint64_t kProtocolViolation = 0xa;
constexpr std::uint64_t kCryptoBufferExceeded = 0xd;

const Frames kToken = Frames(16, std::byte{3});
const Frames kChallenge = Frames(8, std::byte{5});

constexpr std::uint64_t stream(std::uint64_t n) { return 4 * n; }

Frames repeated(std::size_t times, const std::function<Frames(std::size_t)>& make) {
  Frames all;
  for (std::size_t i = 0; i < times; ++i) all = all + make(i);
  EXPECT_LE(all.size(), Forger::kRoom);
  return all;
}

quic::EndpointOptions server_options() {
  quic::EndpointOptions options;
  options.server = *quic::ServerTls::create(test_certificate().cert_pem, test_certificate().key_pem);
  quic::SeededEntropy entropy(5);
  options.secrets = quic::make_secrets(entropy);
  // The forger's frames stand where data would: room for all that data.
  options.limits.stream_window = 64 * 1024 * 1024;
  options.limits.connection_window = 64 * 1024 * 1024;
  return options;
}

class Attack : public testing::Test {
 protected:
  Attack() : forger(server_options()) {
    EXPECT_TRUE(forger.established());
    before = memory();
  }

  std::size_t memory() { return forger.server().memory_used(); }
  void expect_end(std::uint64_t code) {
    for (int i = 0; i < 100 && !forger.end(); ++i) forger.run_for(1ms);
    ASSERT_TRUE(forger.end());
    EXPECT_EQ(forger.end()->kind, CloseKind::kProtocolViolation);
    EXPECT_EQ(forger.end()->code, code) << forger.end()->text;
  }
  // The stream is the forger's first free one.
  void expect_service(std::uint64_t next) {
    const Frames request = frame({0x0b, next, 2}, Frames(2, std::byte{'x'}));  // STREAM, with FIN
    const std::uint64_t before_it = forger.server().counts().datagrams_out;
    ASSERT_TRUE(forger.send_all(1, [&](std::size_t) { return request; }));
    forger.run_for(100ms);
    EXPECT_FALSE(forger.end());
    EXPECT_GT(forger.server().counts().datagrams_out, before_it);
  }

  Forger forger;
  std::size_t before = 0;
};

constexpr std::size_t kShare = 128 * 1024;

// CVE-2023-6193 (quiche), CVE-2023-49295 (quic-go)
TEST_F(Attack, PathChallengesAreNotPiledUp) {
  const Frames many = repeated(100, [](std::size_t) { return frame({0x1a}, kChallenge); });

  EXPECT_TRUE(forger.send_all(300, [&](std::size_t) { return many; }));

  EXPECT_LT(memory(), before + kShare);
  EXPECT_LT(forger.bytes_from_server(), 300 * 1200U);
  expect_service(stream(0));
}

// CVE-2024-22189 (quic-go), CVE-2024-1410 (quiche): each new ID retires those before it
TEST_F(Attack, NewConnectionIdsThatRetireAllBeforeThemCostLittle) {
  std::uint64_t sequence = 8;
  const auto make = [&](std::size_t) {
    return repeated(25, [&](std::size_t) {
      const std::uint64_t n = sequence++;
      Frames id(8, std::byte{1});
      for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::byte>(n >> (8 * i));
      return frame({0x18, n, n, 8}, id + kToken);
    });
  };

  forger.send_all(300, make);

  EXPECT_LT(memory(), before + kShare);
  if (forger.end()) {
    EXPECT_EQ(forger.end()->code, kConnectionIdLimitError);
  }
}

TEST_F(Attack, MoreConnectionIdsThanAllowedEndIt) {
  forger.send(repeated(20, [](std::size_t i) {
    return frame({0x18, 10 + i, 0, 8}, Frames(8, static_cast<std::byte>(i + 1)) + kToken);
  }));

  expect_end(kConnectionIdLimitError);
}

TEST_F(Attack, RetiringAnIdThatWasNeverIssuedEndsIt) {
  forger.send(frame({0x19, 1'000'000}));

  expect_end(kProtocolViolation);
}

// CVE-2024-1765 (quiche): ngtcp2 gives up at some thousand gaps
TEST_F(Attack, CryptoFragmentsAreKeptWithinBounds) {
  for (std::size_t n = 0; n < 100 && !forger.end(); ++n) {
    forger.send_all(1, [n](std::size_t) {
      return repeated(100, [n](std::size_t i) { return frame({0x06, 5 + 2 * (100 * n + i), 1}, Frames(1)); });
    });
    EXPECT_LT(memory(), before + 8 * kShare);
  }
  EXPECT_TRUE(forger.end());
}

TEST_F(Attack, CryptoFarAheadEndsIt) {
  forger.send(frame({0x06, 200'000, 1}, Frames(1)));

  expect_end(kCryptoBufferExceeded);
}

// CVE-2025-4821 (quiche), and acknowledgements of what nobody sent
TEST_F(Attack, AcknowledgingWhatWasNeverSentEndsIt) {
  forger.send(frame({0x02, 1'000'000, 0, 0, 0}));

  expect_end(kProtocolViolation);
}

TEST_F(Attack, AcknowledgementsOfManyRangesCostLittle) {
  EXPECT_TRUE(forger.send_all(300, [](std::size_t) { return frame({0x02, 0, 0, 0, 0}); }));
  forger.send(frame({0x02, 3, 0, 400, 0}) + Frames(800));

  expect_end(kFrameEncodingError);
}

// picoquic#2137: a byte in each gap
TEST_F(Attack, StreamsInFragmentsAreResetOrEndIt) {
  forger.send_all(200, [](std::size_t n) {
    return repeated(100, [n](std::size_t i) { return frame({0x0e, stream(0), 1 + 2 * (100 * n + i), 1}, Frames(1)); });
  });
  EXPECT_LT(memory(), before + 2 * 1024 * 1024);

  forger.run_for(11s);
  EXPECT_TRUE(forger.end() || memory() < before + kShare);
}

// CVE-2023-44487, CVE-2025-8671: begin and give up
TEST_F(Attack, StreamsThatAreResetAtOnceLeaveNothing) {
  std::uint64_t next = 1;
  const auto make = [&](std::size_t) {
    return repeated(30, [&](std::size_t) {
      const std::uint64_t id = stream(next++);
      return frame({0x0a, id, 3}, Frames(3, std::byte{'{'})) + frame({0x04, id, 0, 3});
    });
  };

  EXPECT_TRUE(forger.send_all(3, make));
  for (int round = 0; round < 30 && !forger.end(); ++round) {
    forger.run_for(20ms);
    forger.send_all(1, make);
  }

  EXPECT_LT(memory(), before + 2 * kShare);
  if (forger.end()) {
    EXPECT_EQ(forger.end()->code, kStreamLimitError);
  }
}

TEST_F(Attack, AStreamBeyondTheLimitEndsIt) {
  forger.send(frame({0x0a, stream(100), 1}, Frames(1)));

  expect_end(kStreamLimitError);
}

TEST_F(Attack, StreamsThatAreOpenedWithoutAByteEndInTime) {
  EXPECT_TRUE(forger.send_all(1, [](std::size_t) {
    return repeated(99, [](std::size_t i) { return frame({0x11, stream(i), 1000}); });  // MAX_STREAM_DATA
  }));
  forger.run_for(9s);
  EXPECT_EQ(forger.server().counts().limits_hit[quic::LimitHit::kFirstByte], 0U);

  forger.run_for(2s);
  EXPECT_EQ(forger.server().counts().limits_hit[quic::LimitHit::kFirstByte], 99U);
  EXPECT_LT(memory(), before + 99 * 4 * 1024U);
}

TEST_F(Attack, DataBeyondTheWindowEndsIt) {
  forger.send(frame({0x0e, stream(0), 100'000'000, 1}, Frames(1)));

  expect_end(kFlowControlError);
}

TEST_F(Attack, AnEndThatMovesEndsIt) {
  forger.send(frame({0x04, stream(0), 0, 5}));
  forger.send(frame({0x0e, stream(0), 10, 1}, Frames(1)));

  for (int i = 0; i < 100 && !forger.end(); ++i) forger.run_for(1ms);
  EXPECT_LT(memory(), before + kShare);
}

TEST_F(Attack, EmptyFramesAndPingsChangeNothing) {
  const Frames empty = repeated(250, [](std::size_t) { return frame({0x0a, stream(0), 0}); });
  const Frames pings(Forger::kRoom, std::byte{0x01});

  EXPECT_TRUE(forger.send_all(200, [&](std::size_t i) { return i % 2 == 0 ? empty : pings; }));

  EXPECT_LT(memory(), before + kShare);
  EXPECT_LT(forger.bytes_from_server(), 200 * 200U);
  expect_service(stream(1));
}

TEST_F(Attack, LimitsThatAreRaisedForEverCostNothing) {
  EXPECT_TRUE(forger.send_all(200, [](std::size_t n) {
    return repeated(50, [n](std::size_t i) { return frame({0x10, 1'000'000 + 50 * n + i}) + frame({0x12, 1'000}); });
  }));

  EXPECT_LT(memory(), before + kShare);
  expect_service(stream(0));
}

TEST_F(Attack, StreamsThatAreStoppedBeforeTheyAreAnsweredLeaveNothing) {
  EXPECT_TRUE(forger.send_all(3, [](std::size_t n) {
    return repeated(30, [n](std::size_t i) { return frame({0x05, stream(30 * n + i), 1}); });  // STOP_SENDING
  }));
  forger.run_for(15s);

  EXPECT_LT(memory(), before + kShare);
}

TEST_F(Attack, WhatOnlyServersSayEndsIt) {
  forger.send(frame({0x1e}));  // HANDSHAKE_DONE

  expect_end(kProtocolViolation);
}

TEST_F(Attack, ATokenFromAClientEndsIt) {
  forger.send(frame({0x07, 8}, Frames(8)));

  expect_end(kProtocolViolation);
}

TEST_F(Attack, AFrameOfNoTypeEndsIt) {
  forger.send(frame({0x4d41}));

  expect_end(kFrameEncodingError);
}

TEST_F(Attack, AStreamThatOnlyWeMayWriteEndsIt) {
  forger.send(frame({0x0a, 3, 1}, Frames(1)));

  expect_end(kStreamStateError);
}

// Beginnings of handshakes from addresses that nobody answers at, garbage, and the same beginning again and again: the
// server keeps a bounded number, asks the rest for proof, and serves who gives it.
TEST(SimulatedFlood, CostsBoundedMemoryAndAGoodClientOneRoundTrip) {
  Settings settings;
  settings.server.half_open = 20;
  settings.server.stateless = 256;
  Simulation sim(1, settings);
  quic::Endpoint& server = sim.server.endpoint();
  quic::SeededEntropy entropy(3);
  const quic::ClientTls tls = *quic::ClientTls::create(quic::TrustAnyone{});
  const quic::Path& home = sim.link.client_path();
  std::vector<std::byte> area(64 * 1024);
  Frames garbage(1200, std::byte{0xc1});

  for (unsigned i = 0; i < 200; ++i) {
    quic::Path path = home;
    path.local = {*parse_ip("203.0." + std::to_string(i / 100) + "." + std::to_string(i % 100)), 4000};
    quic::Endpoint spoofer({{}, quic::make_secrets(entropy), {}, {}, {}}, entropy);
    spoofer.connect(sim.now(), path, tls, "tracker.example");
    const auto run = spoofer.next_transmit(sim.now(), area);
    for (int again = 0; again < 5; ++again) {
      server.handle_datagram(sim.now(), {path.remote, path.local}, quic::Ecn::kNone, Bytes(area).first(run->size));
      entropy.fill(std::span(garbage).subspan(1));
      server.handle_datagram(sim.now(), {path.remote, path.local}, quic::Ecn::kNone, garbage);
    }
  }

  EXPECT_EQ(server.connection_count(), 20U);
  EXPECT_LT(server.memory_used(), 20U * 64 * 1024);
  sim.act();
  const Instant begun = sim.now();
  sim.connected();
  sim.request(1000);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_LE(sim.now() - begun, 4 * 20ms);  // Retry, handshake, request; the link takes 10 ms each way
  EXPECT_GE(server.counts().limits_hit[quic::LimitHit::kHalfOpen], 180U * 5);
  EXPECT_GT(server.counts().limits_hit[quic::LimitHit::kAnswers], 0U);  // most of the flood gets no answer at all
  sim.run_for(15s);
  EXPECT_EQ(server.counts().closed[CloseKind::kHandshakeTimeout], 20U);
}

// Two of our servers, each given the other's answers: whoever spoofs one's address to the other starts no endless game.
TEST(SimulatedReflection, DiesOutBetweenTwoServers) {
  quic::SeededEntropy entropy(1);
  quic::EndpointOptions options = server_options();
  quic::Endpoint a(options, entropy);
  options.secrets = quic::make_secrets(entropy);
  quic::Endpoint b(options, entropy);
  const quic::Path at_a{*parse_socket_address("192.0.2.1:7001"), *parse_socket_address("192.0.2.2:7001")};
  const quic::Path at_b{at_a.remote, at_a.local};
  const Instant now{1h};
  std::vector<std::byte> area(64 * 1024);
  std::vector<Frames> spoofed;
  for (const unsigned first : {0x40U, 0x00U, 0xc3U, 0xe3U, 0xf3U}) {
    for (const std::size_t size : {40U, 1200U}) {
      Frames datagram(size, std::byte{9});
      datagram[0] = static_cast<std::byte>(first);
      spoofed.push_back(datagram);
    }
  }

  for (const Frames& trigger : spoofed) {
    a.handle_datagram(now, at_a, quic::Ecn::kNone, trigger);
    std::size_t exchanged = 0;
    std::size_t bytes = 0;
    bool more = true;
    while (more && exchanged < 1000) {
      more = false;
      for (auto [from, to, path] : {std::tuple(&a, &b, &at_b), std::tuple(&b, &a, &at_a)}) {
        while (const auto run = from->next_transmit(now, area)) {
          more = true;
          ++exchanged;
          bytes += run->size;
          to->handle_datagram(now, *path, quic::Ecn::kNone, Bytes(area).first(run->size));
        }
      }
    }
    EXPECT_LE(exchanged, 30U) << trigger.size();
    EXPECT_LE(bytes, std::max<std::size_t>(3 * trigger.size(), 1200));  // resets that get smaller by one
  }
}

}  // namespace
}  // namespace torq::simulation
