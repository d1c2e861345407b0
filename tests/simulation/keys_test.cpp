// SPDX-License-Identifier: MIT
// Key update (RFC 9001 6), from either side.

#include <gtest/gtest.h>

#include "simulation.hpp"

namespace torq::simulation {
namespace {

TEST(SimulatedKeyUpdate, ByTheClientIsFollowedByTheServer) {
  Simulation sim(1);
  sim.connected();
  sim.request(1'000'000);
  ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 100'000; }));

  EXPECT_TRUE(sim.client_connection()->update_keys(sim.now()));

  EXPECT_TRUE(sim.run_until_answered());
  sim.request(1000);
  EXPECT_TRUE(sim.run_until_answered());
  EXPECT_EQ(sim.requester.answered(), 2U);
  EXPECT_EQ(sim.client_connection()->key_updates(), 1U);
  EXPECT_EQ(sim.server_connection()->key_updates(), 1U);
}

TEST(SimulatedKeyUpdate, ByTheServerIsFollowedByTheClient) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    Simulation sim(seed);
    sim.link.lose(0.05);
    sim.link.reorder(0.1);
    sim.connected();
    sim.request(1'000'000);
    ASSERT_TRUE(sim.run_until([&] { return sim.requester.request(0).received > 100'000; }));

    EXPECT_TRUE(sim.server_connection()->update_keys(sim.now()));

    EXPECT_TRUE(sim.run_until_answered());
    EXPECT_EQ(sim.requester.answered(), 1U);
    sim.run_for(2s);
    EXPECT_EQ(sim.server_connection()->key_updates(), 1U);
  }
}

TEST(SimulatedKeyUpdate, MayBeRepeatedWhenTheLastIsComplete) {
  Simulation sim(3);
  sim.connected();
  unsigned begun = 0;

  for (int i = 0; i < 20; ++i) {
    sim.request(1000);
    ASSERT_TRUE(sim.run_until_answered());
    sim.run_for(1s);
    sim.request(1000);
    ASSERT_TRUE(sim.run_until_answered());
    begun += sim.client_connection()->update_keys(sim.now()) ? 1 : 0;
    EXPECT_FALSE(sim.client_connection()->update_keys(sim.now())) << "before the last is complete";
  }

  EXPECT_EQ(begun, 20U);
}

TEST(SimulatedKeyUpdate, BeforeTheHandshakeIsCompleteIsRefused) {
  Simulation sim(4);
  sim.connect();

  for (int i = 0; i < 100 && !sim.requester.connected(sim.last()); ++i) {
    EXPECT_FALSE(sim.client_connection()->update_keys(sim.now()));
    sim.run_for(1ms);
  }

  EXPECT_TRUE(sim.requester.connected(sim.last()));
}

}  // namespace
}  // namespace torq::simulation
