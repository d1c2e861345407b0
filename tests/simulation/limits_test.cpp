// SPDX-License-Identifier: MIT
// What a client may make a server hold, and for how long: each limit is reached, counted, and hurts nobody else.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

using quic::LimitHit;

std::uint64_t hits(Simulation& sim, LimitHit limit) { return sim.server.endpoint().counts().limits_hit[limit]; }

Requester::Request unfinished(std::size_t size) {
  Requester::Request request;
  request.request_size = size;
  request.finishes = false;
  return request;
}

// Leaves requests where they are until they are whole, as the JSON door does.
class Patient final : public Application {
 public:
  void handle_event(Instant, quic::Endpoint& endpoint, const quic::Event& event) override {
    quic::Connection* connection = endpoint.find(event.connection);
    if (const auto* readable = std::get_if<quic::StreamReadable>(&event.what)) {
      const auto incoming = connection->peek(readable->stream);
      connection->consume(readable->stream, incoming.last ? incoming.bytes.size() : 0);
      if (incoming.last) connection->finish(readable->stream);
    } else if (const auto* closed = std::get_if<quic::Closed>(&event.what)) {
      ends.push_back(closed->reason);
    }
  }

  std::vector<quic::CloseReason> ends;
};

struct PatientServer {
  Patient patient;
  Requester requester;
};

class Holding : public PatientServer, public World {
 public:
  explicit Holding(Settings settings) : World(1, settings, patient, requester) {}

  quic::ConnectionHandle connected() {
    const auto handle = connect();
    EXPECT_TRUE(run_until([&] { return requester.connected(handle); }));
    return handle;
  }
  void hold(quic::ConnectionHandle handle, std::size_t streams, std::size_t bytes) {
    for (std::size_t i = 0; i < streams; ++i) {
      Requester::Request request = unfinished(bytes);
      request.connection = handle;
      requester.ask(request);
    }
    requester.flush(client.endpoint());
    act();
  }
};

TEST(SimulatedLimits, ResetARequestThatIsNotWholeInTime) {
  Settings settings;
  settings.server.request_timeout = 3s;
  settings.server.idle_timeout = settings.client.idle_timeout = 600s;
  Simulation sim(1, settings);
  sim.connected();
  for (int i = 0; i < 5; ++i) sim.request(unfinished(1000));

  sim.run_for(2900ms);
  EXPECT_EQ(sim.server_connection()->open_streams(), 5U);
  sim.run_for(1s);

  EXPECT_EQ(sim.server_connection()->open_streams(), 0U);
  EXPECT_EQ(sim.client_connection()->open_streams(), 0U);
  EXPECT_EQ(sim.responder.exchanges(), 0U);
  EXPECT_EQ(hits(sim, LimitHit::kWholeRequest), 5U);
  const std::size_t next = sim.request(100);
  EXPECT_TRUE(sim.run_until([&] { return sim.requester.request(next).answered; }));
}

// Its beginning never comes: what does come waits out of order, where no application sees it.
TEST(SimulatedLimits, ResetARequestWhoseFirstByteIsNotThereInTime) {
  Settings settings;
  settings.server.first_byte_timeout = 2s;
  settings.server.idle_timeout = settings.client.idle_timeout = 600s;
  Simulation sim(9, settings);
  sim.connected();
  sim.run_until_quiet();
  const std::size_t before = sim.server.endpoint().memory_used();
  sim.link.lose_next(Direction::kToServer, 1);
  sim.request(unfinished(8'000));
  sim.run_for(12ms);
  sim.link.cut();

  sim.run_for(1s);
  const std::size_t waiting = sim.server.endpoint().memory_used();
  EXPECT_GT(waiting, before + 6'000);
  sim.run_for(2s);

  EXPECT_EQ(hits(sim, LimitHit::kFirstByte), 1U);
  EXPECT_LT(sim.server.endpoint().memory_used(), waiting);
  sim.link.mend();
  sim.request(100);
  EXPECT_TRUE(sim.run_until([&] { return sim.requester.answered() == 1; }));
}

TEST(SimulatedLimits, LeaveARequestAloneThatIsWhole) {
  Settings settings;
  settings.server.request_timeout = settings.server.first_byte_timeout = 1s;
  Simulation sim(2, settings);
  sim.connected();
  sim.link.delay(300ms);

  sim.request(3'000'000);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
  EXPECT_EQ(hits(sim, LimitHit::kWholeRequest) + hits(sim, LimitHit::kFirstByte), 0U);
}

TEST(SimulatedLimits, TurnAwayFromAPrefixThatHasEnough) {
  Settings settings;
  settings.server.per_prefix.connections = 2;
  Simulation sim(3, settings);
  sim.connected();
  sim.connected();

  const auto third = sim.connect();

  EXPECT_TRUE(sim.run_until([&] { return sim.requester.closed(third) != nullptr; }));
  EXPECT_EQ(sim.responder.refused, std::vector{quic::Refusal::kConnectionsPerPrefix});
  EXPECT_EQ(sim.server.endpoint().counts().retries, 1U);  // first it had to prove whose address that is
  sim.link.rebind(*parse_socket_address("203.0.113.77:999"));
  sim.connected();
}

TEST(SimulatedLimits, AskForProofOfTheAddressWhenToldToAlways) {
  Settings settings;
  settings.server.retry = quic::RetryPolicy::kAlways;
  Simulation sim(4, settings);

  sim.connected();
  sim.run_for(1s);
  const quic::Keepsakes keepsakes{{}, sim.requester.tokens.back()};
  sim.connected(keepsakes);

  EXPECT_EQ(sim.server.endpoint().counts().retries, 1U);  // who was here before has a token
}

TEST(SimulatedLimits, WidenTheWindowOfOneThatUsesIt) {
  Settings settings;
  settings.server.stream_window = 68 * 1024;
  settings.server.connection_window = 100 * settings.server.stream_window;
  settings.server.first_window = 128 * 1024;
  Holding sim(settings);
  const auto handle = sim.connected();

  sim.hold(handle, 100, 64 * 1024);
  sim.run_for(5s);

  EXPECT_GT(sim.server.endpoint().memory_used(), std::size_t{100} * 64 * 1024);
}

// What docs/limits.md says that a connection costs at most, against what the worst that a client can do really takes.
TEST(SimulatedLimits, BoundTheMemoryOfAConnection) {
  Settings settings;
  settings.server.stream_window = 68 * 1024;
  settings.server.connection_window = 1024 * 1024;
  const quic::Limits& limits = settings.server;
  constexpr std::size_t kBase = 64 * 1024;
  constexpr std::size_t kPerStream = 4 * 1024;
  const std::size_t most = kBase + limits.streams * kPerStream + 2 * limits.connection_window;
  Holding sim(settings);
  const auto handle = sim.connected();
  sim.run_for(1s);
  EXPECT_LT(sim.server.endpoint().memory_used(), kBase);

  sim.link.lose(0.2);
  sim.hold(handle, limits.streams, 64 * 1024);
  std::size_t highest = 0;
  for (int i = 0; i < 200; ++i) {
    sim.run_for(50ms);
    highest = std::max(highest, sim.server.endpoint().memory_used());
  }

  EXPECT_GT(highest, limits.connection_window);
  EXPECT_LT(highest, most);
}

TEST(SimulatedLimits, CloseTheGreediestWhenMemoryRunsOut) {
  Settings settings;
  settings.server.stream_window = 68 * 1024;
  settings.server.connection_window = 2 * 1024 * 1024;
  settings.server.first_window = 1024 * 1024;
  settings.server.memory = 2 * 1024 * 1024;
  Holding sim(settings);
  const auto modest = sim.connected();
  const auto also_greedy = sim.connected();
  const auto greedy = sim.connected();
  sim.hold(modest, 1, 10'000);

  sim.hold(also_greedy, 100, 12'000);
  sim.hold(greedy, 100, 60'000);
  EXPECT_TRUE(sim.run_until([&] { return sim.requester.closed(greedy) != nullptr; }, 10s));
  sim.run_for(1s);

  EXPECT_EQ(sim.requester.closed(modest), nullptr);
  EXPECT_LE(sim.server.endpoint().memory_used(), settings.server.memory);
  EXPECT_EQ(sim.patient.ends.front().kind, quic::CloseKind::kOverLimit);
  EXPECT_GE(sim.server.endpoint().counts().limits_hit[LimitHit::kMemory], 1U);
}

// With many connections none of which is greedy, only newcomers can be turned away.
TEST(SimulatedLimits, TurnNewcomersAwayWhileMemoryIsShort) {
  Settings settings;
  settings.server.memory = 100'000;
  Simulation sim(7, settings);
  std::size_t established = 0;
  while (established < 20 && sim.responder.refused.empty()) {
    const auto handle = sim.connect();
    ASSERT_TRUE(
        sim.run_until([&] { return sim.requester.connected(handle) || sim.requester.closed(handle) != nullptr; }));
    ++established;
  }

  EXPECT_EQ(sim.responder.refused, std::vector{quic::Refusal::kMemory});
  EXPECT_EQ(sim.server.endpoint().counts().closed[quic::CloseKind::kOverLimit], 0U);
}

// A reader that asks for much and takes nothing: answers that wait are bounded, and at a low ebb of memory by less.
TEST(SimulatedLimits, HoldLessForASlowReaderWhenMemoryIsShort) {
  const auto held = [](std::size_t memory) {
    Settings settings;
    settings.server.memory = memory;
    settings.client.connection_window = 64 * 1024 * 1024;
    settings.client.stream_window = 1024 * 1024;
    Simulation sim(8, settings);
    sim.connected();
    sim.link.cut(Direction::kToClient);
    for (int i = 0; i < 100; ++i) sim.request(1'000'000);
    sim.run_for(1s);
    EXPECT_NE(sim.server_connection(), nullptr);
    return sim.server.endpoint().memory_used();
  };

  EXPECT_GT(held(100 * 1024 * 1024), std::size_t{4} << 20);
  EXPECT_LT(held(2 * 1024 * 1024), std::size_t{2} << 20);
}

}  // namespace
}  // namespace torq::simulation
