// SPDX-License-Identifier: MIT
// Requests and answers: many of them, large ones, and both over links that misbehave.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

TEST(SimulatedTransfer, AnswersARequest) {
  Simulation sim(1);
  sim.connected();

  sim.request(1000);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
}

TEST(SimulatedTransfer, AnswersAThousandRequestsOnOneConnection) {
  Simulation sim(2);
  sim.connected();

  for (int i = 0; i < 1000; ++i) sim.request(static_cast<std::uint64_t>(i % 50 == 0 ? 20'000 : i % 7 * 100));

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1000U);
  EXPECT_EQ(sim.responder.served.size(), 1000U);
  EXPECT_GT(sim.requester.streams_available, 0U);
  sim.run_until_quiet();
  EXPECT_EQ(sim.client_connection()->open_streams(), 0U);
  EXPECT_EQ(sim.server_connection()->open_streams(), 0U);
}

TEST(SimulatedTransfer, SendsAMegabyteAnswerWhole) {
  Simulation sim(3);
  sim.connected();

  sim.request(kMegabyte);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
}

TEST(SimulatedTransfer, ReceivesAMegabyteRequestWhole) {
  Simulation sim(4);
  sim.connected();

  sim.request(10, kMegabyte);

  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 1U);
}

struct Weather {
  const char* name;
  double loss = 0;
  double duplication = 0;
  double reordering = 0;
  double corruption = 0;
  Duration jitter{};
};

class SimulatedWeather : public testing::TestWithParam<Weather> {};

TEST_P(SimulatedWeather, HoldsUpNeitherHandshakeNorRequests) {
  const Weather& weather = GetParam();
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(weather.loss);
    sim.link.duplicate(weather.duplication);
    sim.link.reorder(weather.reordering);
    sim.link.corrupt(weather.corruption);
    sim.link.delay(10ms, weather.jitter);

    sim.connected();
    for (int i = 0; i < 20; ++i) sim.request(static_cast<std::uint64_t>(i) * 300);
    sim.request(50'000);
    EXPECT_TRUE(sim.run_until_answered());

    EXPECT_EQ(sim.requester.answered(), 21U);
    EXPECT_TRUE(sim.responder.closed.empty());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Links, SimulatedWeather,
                         testing::Values(Weather{"Loss5", 0.05}, Weather{"Loss20", 0.2}, Weather{"Duplication", 0, 0.3},
                                         Weather{"Reordering", 0, 0, 0.3}, Weather{"Corruption", 0, 0, 0, 0.1},
                                         Weather{"Jitter", 0, 0, 0, 0, 30ms}, Weather{"All", 0.1, 0.1, 0.2, 0.05, 5ms}),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(SimulatedTransfer, SurvivesAnOutageOfSomeSeconds) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.connected();
    sim.request(kMegabyte);
    ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 100'000; }));

    sim.link.cut();
    sim.run_for(8s);
    sim.link.mend();

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_EQ(sim.requester.answered(), 1U);
  }
}

}  // namespace
}  // namespace torq::simulation
