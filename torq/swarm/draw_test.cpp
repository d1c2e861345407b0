// SPDX-License-Identifier: MIT
// That samples are uniform is part of the contract (tests/contract); here is what only these functions promise.

#include "torq/swarm/draw.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <set>

namespace torq::swarm {
namespace {

std::optional<std::size_t> itself(std::size_t place) { return place; }

TEST(NumberSet, HoldsAsManyAsItWasMadeFor) {
  for (const std::size_t size : {0, 1, 2, 100, 1000}) {
    NumberSet set(size);
    for (std::uint32_t n = 0; n < size; ++n) EXPECT_TRUE(set.insert(n * 4096));
    for (std::uint32_t n = 0; n < size; ++n) EXPECT_FALSE(set.insert(n * 4096));
  }
}

TEST(DrawByScan, TakesAllWhenThereAreNotMore) {
  Random random(1);
  std::vector<std::size_t> drawn{77};

  draw_by_scan(10, 20, random, drawn, itself);

  EXPECT_EQ(drawn, (std::vector<std::size_t>{77, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(DrawByLot, SkipsVacantPlaces) {
  Random random(1);
  std::vector<std::size_t> drawn;
  const auto odd = [](std::size_t place) { return place % 2 ? std::optional(place) : std::nullopt; };

  draw_by_lot(1000, 100, random, drawn, odd, [](std::size_t) {});

  EXPECT_EQ(std::set<std::size_t>(drawn.begin(), drawn.end()).size(), 100u);
  for (const std::size_t place : drawn) EXPECT_EQ(place % 2, 1u);
}

TEST(DrawByLot, ForeseesEachPlaceBeforeItLooksThere) {
  Random random(1);
  std::vector<std::size_t> drawn;
  std::vector<std::size_t> foreseen, looked_at;

  draw_by_lot(
      1000, 100, random, drawn,
      [&](std::size_t place) {
        looked_at.push_back(place);
        EXPECT_LE(looked_at.size(), foreseen.size());
        return std::optional(place);
      },
      [&](std::size_t place) { foreseen.push_back(place); });

  EXPECT_EQ(looked_at, foreseen);
}

TEST(DrawByLot, GivesUpWhereNearlyAllIsVacant) {
  Random random(1);
  std::vector<std::size_t> drawn;
  std::size_t looked_at = 0;

  const auto none = [&](std::size_t) {
    ++looked_at;
    return std::optional<std::size_t>();
  };
  draw_by_lot(1'000'000, 50, random, drawn, none, [](std::size_t) {});

  EXPECT_TRUE(drawn.empty());
  EXPECT_LE(looked_at, 50u * 40);
}

}  // namespace
}  // namespace torq::swarm
