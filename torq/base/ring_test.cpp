// SPDX-License-Identifier: MIT
#include "torq/base/ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "torq/base/random.hpp"

namespace torq {
namespace {

TEST(Ring, GivesWhatCameFirst) {
  Ring<int> ring;
  std::deque<int> model;
  Random random(7);
  for (int i = 0; i < 10'000; ++i) {
    if (model.empty() || random.below(100) < 52) {
      ring.push_back(i % 50);
      model.push_back(i % 50);
    } else if (random.below(20) == 0) {
      const int value = model[random.below(model.size())];
      ring.erase(value);
      std::erase(model, value);
    } else {
      ASSERT_EQ(ring.front(), model.front());
      ring.pop_front();
      model.pop_front();
    }
    ASSERT_EQ(ring.size(), model.size());
  }
  for (; !model.empty(); ring.pop_front(), model.pop_front()) ASSERT_EQ(ring.front(), model.front());
  EXPECT_TRUE(ring.empty());
}

TEST(Ring, LetsGoOfWhatWasTaken) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(1);
  ring.push_back(value);

  ring.pop_front();

  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace torq
