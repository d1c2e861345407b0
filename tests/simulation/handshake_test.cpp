// SPDX-License-Identifier: MIT
// How connections begin, and how they fail to.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

TEST(SimulatedHandshake, TakesTwoRoundTripsOnAPerfectLink) {
  Simulation sim(1);

  const Instant begin = sim.now();
  sim.connected();

  EXPECT_LT(sim.now() - begin, 50ms);
  EXPECT_EQ(sim.requester.closed(sim.last()), nullptr);
}

}  // namespace
}  // namespace torq::simulation
