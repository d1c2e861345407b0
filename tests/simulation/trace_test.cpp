// SPDX-License-Identifier: MIT
// The simulation itself: what it shows can be seen again.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

std::vector<TraceEntry> trace_of(std::uint64_t seed) {
  Simulation sim(seed);
  sim.link.lose(0.1);
  sim.link.duplicate(0.1);
  sim.link.reorder(0.2);
  sim.link.corrupt(0.05);
  sim.connected();
  for (int i = 0; i < 30; ++i) sim.request(static_cast<std::uint64_t>(i) * 1000);
  sim.link.rebind(*parse_socket_address("203.0.113.9:50002"));
  EXPECT_TRUE(sim.run_until_answered());
  sim.close_from_client();
  sim.run_until_quiet();
  return sim.link.trace();
}

TEST(SimulationTrace, IsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto first = trace_of(seed);
    const auto second = trace_of(seed);

    EXPECT_GT(first.size(), 100U);
    EXPECT_TRUE(first == second) << "seed " << seed;
  }
}

TEST(SimulationTrace, DiffersForAnotherSeed) { EXPECT_FALSE(trace_of(1) == trace_of(2)); }

TEST(SimulationTrace, TellsEveryFate) {
  std::map<Fate, std::size_t> seen;
  for (const TraceEntry& entry : trace_of(3)) ++seen[entry.fate];

  for (const Fate fate : {Fate::kDelivered, Fate::kLost, Fate::kCorrupted, Fate::kDuplicated}) {
    EXPECT_GT(seen[fate], 0U) << static_cast<int>(fate);
  }
}

}  // namespace
}  // namespace torq::simulation
