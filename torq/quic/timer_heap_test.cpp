// SPDX-License-Identifier: MIT
#include "torq/quic/timer_heap.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace torq::quic {
namespace {

struct Timed {
  std::size_t timer_slot = kNoTimer;
};

Instant at(int ms) { return Instant(std::chrono::milliseconds(ms)); }

TEST(TimerHeap, IsEmptyAtFirst) {
  const TimerHeap<Timed> heap;

  EXPECT_EQ(heap.earliest(), std::nullopt);
  EXPECT_EQ(heap.due(at(1'000'000)), nullptr);
}

TEST(TimerHeap, TellsWhatIsDueAtItsInstantAndNotBefore) {
  TimerHeap<Timed> heap;
  Timed early;
  Timed late;
  heap.set(late, at(20));
  heap.set(early, at(10));

  EXPECT_EQ(heap.due(at(9)), nullptr);
  EXPECT_EQ(heap.due(at(10)), &early);
  heap.set(early, at(30));
  EXPECT_EQ(heap.due(at(40)), &late);
  heap.set(late, std::nullopt);
  EXPECT_EQ(late.timer_slot, kNoTimer);
  EXPECT_EQ(heap.earliest(), at(30));
}

TEST(TimerHeap, IgnoresTheRemovalOfWhatItDoesNotHold) {
  TimerHeap<Timed> heap;
  Timed object;

  heap.remove(object);

  EXPECT_EQ(object.timer_slot, kNoTimer);
}

RC_GTEST_PROP(TimerHeap, AgreesWithAListThatIsSearched, ()) {
  TimerHeap<Timed> heap;
  std::array<Timed, 20> objects;
  std::array<std::optional<Instant>, 20> model;
  const auto steps = *rc::gen::inRange(1, 200);
  for (int i = 0; i < steps; ++i) {
    const auto which = *rc::gen::inRange<std::size_t>(0, objects.size());
    model[which] = *rc::gen::inRange(0, 4) == 0 ? std::nullopt : std::optional(at(*rc::gen::inRange(0, 50)));
    heap.set(objects[which], model[which]);

    std::optional<Instant> earliest;
    for (const auto& deadline : model) {
      if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
    }
    RC_ASSERT(heap.earliest() == earliest);
    for (std::size_t k = 0; k < objects.size(); ++k) {
      RC_ASSERT((objects[k].timer_slot != kNoTimer) == model[k].has_value());
    }
    if (!earliest) continue;
    const Timed* due = heap.due(*earliest);
    RC_ASSERT(due != nullptr);
    RC_ASSERT(model[static_cast<std::size_t>(due - objects.data())] == earliest);
  }
}

}  // namespace
}  // namespace torq::quic
