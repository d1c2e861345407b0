// SPDX-License-Identifier: MIT
#pragma once
// The next deadline of many objects: a binary heap whose elements know their place, so that a change costs O(log n) and
// the earliest O(1). T has a public member `std::size_t timer_slot`, kNoTimer when it has no deadline.

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "torq/base/clock.hpp"

namespace torq::quic {

inline constexpr std::size_t kNoTimer = std::numeric_limits<std::size_t>::max();

template <class T>
class TimerHeap {
 public:
  std::optional<Instant> earliest() const { return heap_.empty() ? std::nullopt : std::optional(heap_.front().first); }

  /// The object with the earliest deadline if that is not after `now`; it keeps its deadline.
  T* due(Instant now) const { return heap_.empty() || heap_.front().first > now ? nullptr : heap_.front().second; }

  void set(T& object, std::optional<Instant> deadline) {
    if (!deadline) return remove(object);
    if (object.timer_slot == kNoTimer) {
      object.timer_slot = heap_.size();
      heap_.emplace_back(*deadline, &object);
    } else {
      heap_[object.timer_slot].first = *deadline;
    }
    sift_down(sift_up(object.timer_slot));
  }

  void remove(T& object) {
    const std::size_t slot = object.timer_slot;
    if (slot == kNoTimer) return;
    swap(slot, heap_.size() - 1);
    heap_.pop_back();
    object.timer_slot = kNoTimer;
    if (slot < heap_.size()) sift_down(sift_up(slot));
  }

 private:
  void swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    heap_[a].second->timer_slot = a;
    heap_[b].second->timer_slot = b;
  }

  std::size_t sift_up(std::size_t slot) {
    while (slot > 0 && heap_[slot].first < heap_[(slot - 1) / 2].first) {
      swap(slot, (slot - 1) / 2);
      slot = (slot - 1) / 2;
    }
    return slot;
  }

  void sift_down(std::size_t slot) {
    for (;;) {
      std::size_t least = slot;
      for (std::size_t child = 2 * slot + 1; child <= 2 * slot + 2 && child < heap_.size(); ++child) {
        if (heap_[child].first < heap_[least].first) least = child;
      }
      if (least == slot) return;
      swap(slot, least);
      slot = least;
    }
  }

  std::vector<std::pair<Instant, T*>> heap_;
};

}  // namespace torq::quic
