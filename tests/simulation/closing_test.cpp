// SPDX-License-Identifier: MIT
// How connections end (RFC 9000 10), and that both sides learn of it and keep nothing.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

void expect_nothing_left(Simulation& sim) {
  sim.run_until_quiet();
  sim.run_for(60s);
  EXPECT_EQ(sim.server.endpoint().connection_count(), 0U);
  EXPECT_EQ(sim.client.endpoint().connection_count(), 0U);
  EXPECT_EQ(sim.server.next_timeout(), std::nullopt);
  EXPECT_EQ(sim.client.next_timeout(), std::nullopt);
  EXPECT_EQ(sim.responder.exchanges(), 0U);
}

TEST(SimulatedClose, ByTheClientReachesTheServer) {
  Simulation sim(1);
  sim.connected();

  sim.close_from_client();
  sim.run_for(1s);

  ASSERT_NE(sim.requester.closed(sim.last()), nullptr);
  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kLocal);
  ASSERT_EQ(sim.responder.closed.size(), 1U);
  EXPECT_EQ(sim.responder.closed[0].kind, quic::CloseKind::kPeerTransport);
  EXPECT_EQ(sim.responder.closed[0].code, quic::kNoError);
  expect_nothing_left(sim);
}

TEST(SimulatedClose, ByTheServerReachesTheClientInTheMiddleOfATransfer) {
  Simulation sim(2);
  sim.connected();
  for (int i = 0; i < 10; ++i) sim.request(1'000'000);
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(3).received > 50'000; }));

  sim.close_from_server(7);
  sim.run_for(1s);

  ASSERT_NE(sim.requester.closed(sim.last()), nullptr);
  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kPeerTransport);
  EXPECT_EQ(sim.requester.closed(sim.last())->code, 7U);
  EXPECT_EQ(sim.requester.unsettled(), 0U);
  expect_nothing_left(sim);
}

TEST(SimulatedClose, FromBothSidesAtOnceEndsBoth) {
  Simulation sim(3);
  sim.connected();
  sim.request(1'000'000);
  sim.run_for(30ms);

  sim.close_from_client();
  sim.close_from_server();

  EXPECT_EQ(sim.responder.closed.size(), 1U);
  EXPECT_NE(sim.requester.closed(sim.last()), nullptr);
  expect_nothing_left(sim);
}

TEST(SimulatedClose, IsRepeatedWhenItsPacketWasLost) {
  Simulation sim(4);
  sim.connected();
  sim.request(1'000'000);
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 50'000; }));

  sim.link.lose_next(Direction::kToClient, 1);
  sim.close_from_server();

  EXPECT_TRUE(sim.run_until([&] { return sim.requester.closed(sim.last()) != nullptr; }, 3s));
  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kPeerTransport);
  expect_nothing_left(sim);
}

TEST(SimulatedClose, AtAnyMomentLeavesNothingBehind) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    Random random(seed);
    sim.link.lose(0.1);
    sim.link.duplicate(0.05);
    sim.link.reorder(0.1);
    sim.connect();
    for (int i = 0; i < 5; ++i) sim.request(random.below(200'000), 16 + random.below(5000));
    sim.run_for(std::chrono::milliseconds(random.below(400)));

    if (seed % 2 == 0) sim.close_from_client();
    if (seed % 3 != 0) sim.close_from_server();

    EXPECT_TRUE(sim.run_until([&] { return sim.requester.closed(sim.last()) != nullptr; }, 60s));
    expect_nothing_left(sim);
    if (HasFailure()) return;
  }
}

TEST(SimulatedClose, ReachesEachOfManyPeers) {
  Simulation sim(5);
  std::vector<quic::ConnectionHandle> all;
  for (int i = 0; i < 300; ++i) all.push_back(sim.connect());
  ASSERT_TRUE(sim.run_until([&] { return sim.responder.connections == all.size(); }));
  sim.run_until_quiet();

  sim.close_from_server();
  sim.run_for(100ms);

  for (const auto handle : all) {
    ASSERT_NE(sim.requester.closed(handle), nullptr);
    EXPECT_EQ(sim.requester.closed(handle)->kind, quic::CloseKind::kPeerTransport);
  }
}

TEST(SimulatedIdle, EndsASilentConnectionOnBothSides) {
  Simulation sim(6);
  sim.connected();
  sim.run_until_quiet();

  sim.run_for(29s);
  EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
  sim.run_for(2s);

  ASSERT_NE(sim.requester.closed(sim.last()), nullptr);
  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kIdle);
  ASSERT_EQ(sim.responder.closed.size(), 1U);
  EXPECT_EQ(sim.responder.closed[0].kind, quic::CloseKind::kIdle);
  expect_nothing_left(sim);
}

TEST(SimulatedIdle, EndsAConnectionWhosePeerHasVanishedInTheMiddleOfATransfer) {
  Simulation sim(7);
  sim.connected();
  sim.request(1'000'000);
  sim.run_for(60ms);

  sim.link.cut();
  sim.run_for(120s);

  ASSERT_NE(sim.requester.closed(sim.last()), nullptr);
  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kIdle);
  ASSERT_EQ(sim.responder.closed.size(), 1U);
  EXPECT_EQ(sim.responder.closed[0].kind, quic::CloseKind::kIdle);
  expect_nothing_left(sim);
}

TEST(SimulatedReset, TellsAClientThatTheServerHasRestarted) {
  Simulation sim(8);
  sim.connected();
  sim.request(1'000'000);
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 50'000; }));

  sim.server.restart();
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.closed(sim.last()) != nullptr; }, 5s));

  EXPECT_EQ(sim.requester.closed(sim.last())->kind, quic::CloseKind::kStatelessReset);
}

}  // namespace
}  // namespace torq::simulation
