// SPDX-License-Identifier: MIT
// Streams that end in other ways than by FIN, stream limits, and flow control: what one side leaves unread must cost
// the other a bounded buffer and hold up nobody else.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

Requester::Request unread(std::uint64_t answer_size) {
  Requester::Request request;
  request.answer_size = answer_size;
  request.reads = false;
  return request;
}

TEST(SimulatedStreams, AreLimitedByThePeer) {
  Settings settings;
  settings.server.streams = 7;
  Simulation sim(1, settings);
  sim.connected();

  Requester::Request unfinished;
  unfinished.finishes = false;
  for (int i = 0; i < 20; ++i) sim.request(unfinished);
  sim.run_until_quiet();

  EXPECT_EQ(sim.client_connection()->open_streams(), 7U);
  EXPECT_EQ(sim.server_connection()->open_streams(), 7U);
}

TEST(SimulatedStreams, OpenAgainWhenOthersHaveEnded) {
  Settings settings;
  settings.server.streams = 2;
  Simulation sim(2, settings);
  sim.connected();

  for (int i = 0; i < 50; ++i) sim.request(10);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 50U);
  EXPECT_GT(sim.requester.streams_available, 0U);
}

TEST(SimulatedStreams, ThatNeverFinishHoldUpNobody) {
  Simulation sim(3);
  sim.connected();
  Requester::Request unfinished;
  unfinished.finishes = false;
  for (int i = 0; i < 50; ++i) sim.request(unfinished);

  for (int i = 0; i < 200; ++i) sim.request(100);

  EXPECT_TRUE(sim.run_until([&] { return sim.requester.answered() == 200; }));
}

TEST(SimulatedStreams, GiveTheirCreditBackWhenReset) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(0.05);
    sim.connected();

    for (int i = 0; i < 400; ++i) {
      const std::size_t number = sim.request(30'000, 2000);
      ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(number).stream.has_value(); })) << "at stream " << i;
      if (i % 3 == 0) sim.run_for(25ms);
      sim.requester.cancel(sim.client.endpoint(), number);
    }
    sim.request(10);

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_EQ(sim.requester.answered(), 1U);
    sim.run_until_quiet();
    EXPECT_EQ(sim.client_connection()->open_streams(), 0U);
    EXPECT_EQ(sim.server_connection()->open_streams(), 0U);
    EXPECT_EQ(sim.responder.exchanges(), 0U);
  }
}

TEST(SimulatedStreams, GiveTheirCreditBackWhenTheReaderStops) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(0.05);
    sim.connected();

    for (int i = 0; i < 300; ++i) {
      const std::size_t number = sim.request(kMegabyte);
      ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(number).received > 0; })) << "at stream " << i;
      sim.requester.stop(sim.client.endpoint(), number);
    }
    sim.request(10);

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_EQ(sim.requester.answered(), 1U);
    sim.run_until_quiet();
    EXPECT_EQ(sim.client_connection()->open_streams(), 0U);
    EXPECT_EQ(sim.server_connection()->open_streams(), 0U);
    EXPECT_EQ(sim.responder.exchanges(), 0U);
  }
}

TEST(SimulatedStreams, GiveTheirCreditBackWhenTheReaderStopsWithoutHavingRead) {
  Simulation sim(4);
  sim.connected();

  for (int i = 0; i < 300; ++i) {
    const std::size_t number = sim.request(unread(kMegabyte));
    ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(number).stream.has_value(); })) << "at stream " << i;
    if (i % 10 == 9) sim.run_for(200ms);  // the server fills the windows and is blocked
    sim.requester.stop(sim.client.endpoint(), number);
  }
  sim.request(10);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
  sim.run_until_quiet();
  EXPECT_EQ(sim.server_connection()->open_streams(), 0U);
  EXPECT_EQ(sim.responder.exchanges(), 0U);
}

TEST(SimulatedStreams, AnswerARequestThatTheyStopReading) {
  Simulation sim(5);
  sim.responder.largest_request = 10'000;
  sim.connected();

  const std::size_t number = sim.request(150'000, kMegabyte);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_TRUE(sim.requester.request(number).answered);
  EXPECT_LT(sim.requester.request(number).sent, kMegabyte);
  sim.request(100);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 2U);
}

TEST(SimulatedFlowControl, StopsASenderWhoseReaderDoesNotRead) {
  Simulation sim(6);
  sim.connected();
  const std::size_t slow = sim.request(unread(kMegabyte));
  sim.run_until_quiet();
  const std::size_t before = sim.link.sent(Direction::kToClient);

  for (int i = 0; i < 100; ++i) sim.request(3000);
  EXPECT_TRUE(sim.run_until([&] { return sim.requester.answered() == 100; }));

  // The window's worth has arrived and waits, the server holds a buffer's worth; nothing more of it is made or sent.
  const auto id = *sim.requester.request(slow).stream;
  EXPECT_EQ(sim.client_connection()->peek(id).bytes.size(), quic::Limits{}.stream_window);
  EXPECT_LE(sim.responder.written(slow), quic::Limits{}.stream_window + quic::Limits{}.max_unsent);
  EXPECT_LT(sim.link.sent(Direction::kToClient) - before, 600U);
  sim.requester.resume(sim.client.endpoint(), slow);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_TRUE(sim.requester.request(slow).answered);
}

TEST(SimulatedFlowControl, OfTheConnectionStopsAllThatNobodyReads) {
  Settings settings;
  settings.client.connection_window = 100'000;
  Simulation sim(7, settings);
  sim.connected();
  std::vector<std::size_t> slow;
  for (int i = 0; i < 20; ++i) slow.push_back(sim.request(unread(50'000)));
  sim.run_until_quiet();

  std::size_t held = 0;
  for (const std::size_t number : slow) {
    held += sim.client_connection()->peek(*sim.requester.request(number).stream).bytes.size();
  }
  EXPECT_EQ(held, 100'000U);

  for (const std::size_t number : slow) sim.requester.resume(sim.client.endpoint(), number);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 20U);
}

TEST(SimulatedFlowControl, OfTheConnectionLetsAnEmptyAnswerThrough) {
  Settings settings;
  settings.client.connection_window = 30'000;
  Simulation sim(8, settings);
  sim.connected();
  sim.request(unread(kMegabyte));
  sim.run_until_quiet();

  const std::size_t empty = sim.request(0);

  EXPECT_TRUE(sim.run_until([&] { return sim.requester.request(empty).answered; }, 5s));
}

TEST(SimulatedFlowControl, BuffersNothingThatTheReaderWouldNotTake) {
  Settings settings;
  settings.client.stream_window = 5'000;
  Simulation sim(9, settings);
  sim.connected();

  const std::size_t slow = sim.request(unread(kMegabyte));
  sim.run_until_quiet();

  const auto id = *sim.requester.request(slow).stream;
  EXPECT_EQ(sim.client_connection()->peek(id).bytes.size(), 5'000U);
  EXPECT_EQ(sim.responder.written(slow), 5'000U);
}

TEST(SimulatedFlowControl, BoundsWhatOneConnectionMayHaveUnacknowledged) {
  Settings settings;
  settings.server.max_unacknowledged = 40'000;
  Simulation sim(10, settings);
  sim.connected();
  std::vector<std::size_t> all;
  for (int i = 0; i < 10; ++i) all.push_back(sim.request(100'000));
  ASSERT_TRUE(sim.run_until([&] { return sim.responder.served.size() == 10; }));

  std::uint64_t written = 0;
  for (const std::size_t number : all) written += sim.responder.written(number);
  EXPECT_EQ(written, 40'000U);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 10U);
}

}  // namespace
}  // namespace torq::simulation
