// SPDX-License-Identifier: MIT
// A client whose address changes on the way, as behind a NAT that forgets (RFC 9000 9): the connection goes on, and no
// request acts in the name of an address that is not proven.

#include <gtest/gtest.h>

#include <algorithm>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

SocketAddress at(const char* text) { return *parse_socket_address(text); }

const SocketAddress kOtherPort = at("198.51.100.1:50001");
const SocketAddress kOtherHost = at("203.0.113.9:50002");
const SocketAddress kThirdHost = at("203.0.113.77:50003");

TEST(SimulatedPath, MayChangeItsPort) {
  Simulation sim(1);
  sim.connected();
  sim.link.rebind(kOtherPort);

  sim.request(100);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
  sim.run_until_quiet();
  EXPECT_EQ(sim.server_connection()->peer(), kOtherPort);
}

TEST(SimulatedPath, MayChangeItsAddress) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(seed % 3 == 0 ? 0.1 : 0);
    sim.connected();
    sim.request(100);
    ASSERT_TRUE(sim.run_until_answered());
    sim.link.rebind(kOtherHost);

    sim.request(100);
    ASSERT_TRUE(sim.run_until_answered());

    ASSERT_EQ(sim.responder.served.size(), 2U);
    EXPECT_EQ(sim.responder.served[0].peer, at("198.51.100.1:40000"));
    EXPECT_EQ(sim.responder.served[1].peer, kOtherHost);
  }
}

TEST(SimulatedPath, MayChangeInTheMiddleOfATransfer) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(0.02);
    sim.connected();
    // Who only listens, and whose last acknowledgement is lost, is not heard from its new address.
    sim.client_connection()->keep_alive(1s);
    const std::size_t down = sim.request(kMegabyte);
    const std::size_t up = sim.request(10, 300'000);
    ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(down).received > 200'000; }));

    sim.link.rebind(seed % 2 == 0 ? kOtherPort : kOtherHost);

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_TRUE(sim.requester.request(down).answered);
    EXPECT_TRUE(sim.requester.request(up).answered);
    EXPECT_TRUE(sim.responder.closed.empty());
  }
}

TEST(SimulatedPath, MayChangeAgainAndAgain) {
  Simulation sim(5);
  sim.connected();
  sim.request(kMegabyte);
  const std::array<SocketAddress, 4> places = {kOtherPort, kOtherHost, kThirdHost, at("198.51.100.1:40000")};

  for (std::size_t i = 0; i < 12; ++i) {
    sim.link.rebind(places[i % places.size()]);
    sim.request(100);
    sim.run_for(150ms);
  }

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 13U);
}

// What the server sends to the new address does not arrive, so its challenge is not answered.
// A router on the way now sends everything through a tunnel, say, and does not tell.
TEST(SimulatedPath, MayGetNarrower) {
  constexpr std::size_t kNarrow = 1250;
  Simulation sim(5);
  sim.connected();
  sim.request(20 * kMegabyte);
  sim.run_for(2s);
  const auto is_large = [](const TraceEntry& entry) { return entry.size > kNarrow && entry.fate == Fate::kDelivered; };
  ASSERT_GT(std::ranges::count_if(sim.link.trace(), is_large), 100) << "the path was never proven wider";
  ASSERT_EQ(sim.requester.answered(), 0U);

  sim.link.narrow(kNarrow);

  EXPECT_TRUE(sim.run_until_answered(30s));
  EXPECT_EQ(sim.requester.answered(), 1U);
}

TEST(SimulatedPath, HoldsARequestBackUntilItIsProven) {
  Simulation sim(6);
  sim.connected();
  sim.run_until_quiet();
  sim.link.rebind(kOtherHost);
  sim.link.cut(Direction::kToClient);

  sim.request(100);
  sim.run_for(300ms);
  EXPECT_TRUE(sim.responder.served.empty());

  sim.link.mend();
  EXPECT_TRUE(sim.run_until_answered());
  ASSERT_EQ(sim.responder.served.size(), 1U);
  EXPECT_EQ(sim.responder.served[0].peer, kOtherHost);
}

// Somebody else forwards a client's datagrams from a place of his own, and never answers a challenge: the request is
// the client's, and is announced in the name of its old, proven address.
TEST(SimulatedPath, ThatStaysUnprovenIsGivenUpForTheOldOne) {
  Simulation sim(7);
  sim.connected();
  sim.run_until_quiet();
  sim.link.rebind(kOtherHost);
  sim.link.cut(Direction::kToClient);

  sim.request(100);
  EXPECT_TRUE(sim.run_until([&] { return !sim.responder.served.empty(); }, 20s));

  EXPECT_EQ(sim.responder.served[0].peer, at("198.51.100.1:40000"));
}

// A datagram from a new address can reach any worker; the connection ID tells which one it belongs to.
TEST(SimulatedPath, NamesTheWorkerInEveryDatagramAfterTheFirstAnswer) {
  for (const bool retry : {false, true}) {
    Settings settings;
    settings.worker = {2, 5};
    if (retry) settings.server.half_open = 0;
    Simulation sim(9, settings);
    std::map<std::optional<unsigned>, std::size_t> named;
    bool answered = false;
    sim.link.watch([&](Direction direction, Bytes datagram) {
      answered = answered || direction == Direction::kToClient;
      if (answered && direction == Direction::kToServer) ++named[quic::worker_named_by(datagram, 5)];
    });

    sim.connected();
    for (int i = 0; i < 10; ++i) {
      sim.link.rebind(i % 2 == 0 ? kOtherHost : kThirdHost);
      sim.request(20'000);
      ASSERT_TRUE(sim.run_until_answered());
    }

    EXPECT_EQ(named.size(), 1U);
    EXPECT_GT(named[2U], 50U);
  }
}

TEST(SimulatedPath, SendsAtMostThreeTimesWhatCameFromAnUnprovenOne) {
  Simulation sim(8);
  sim.connected();
  sim.request(kMegabyte);
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 200'000; }));
  sim.link.rebind(kOtherHost);
  sim.link.cut(Direction::kToClient);
  const std::size_t before = sim.link.trace().size();

  sim.run_for(2s);

  std::size_t to_server = 0;
  std::size_t to_new_address = 0;
  for (std::size_t i = before; i < sim.link.trace().size(); ++i) {
    const TraceEntry& entry = sim.link.trace()[i];
    if (entry.direction == Direction::kToServer) to_server += entry.size;
    if (entry.direction == Direction::kToClient && entry.fate != Fate::kUnroutable) to_new_address += entry.size;
  }
  EXPECT_LE(to_new_address, 3 * to_server);
}

}  // namespace
}  // namespace torq::simulation
