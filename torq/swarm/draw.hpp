// SPDX-License-Identifier: MIT
#pragma once
// Uniform random samples without repetition from places of which some are vacant, in time that depends on the size of
// the sample and not on the number of places.

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "torq/base/random.hpp"

namespace torq::swarm {

/// A small set of numbers below 2^32 - 1, on the stack. Holds up to half of kSlots.
class NumberSet {
 public:
  /// For at most `expected` numbers.
  explicit NumberSet(std::size_t expected) : mask_(std::bit_ceil(2 * expected + 2) - 1) {
    assert(mask_ < kSlots);
    std::fill_n(slots_.begin(), mask_ + 1, kVacant);
  }

  /// False when it was there already.
  bool insert(std::uint32_t number) {
    std::size_t slot = number * 0x9e3779b1u >> 16 & mask_;
    for (; slots_[slot] != kVacant; slot = (slot + 1) & mask_) {
      if (slots_[slot] == number) return false;
    }
    slots_[slot] = number;
    return true;
  }

 private:
  static constexpr std::size_t kSlots = 2048;
  static constexpr std::uint32_t kVacant = 0xffffffff;

  std::size_t mask_;
  std::array<std::uint32_t, kSlots> slots_;  // only the first mask_ + 1 are used
};

/// Appends to `into` what `at(place)` has (an optional) at `wanted` places drawn from [0, places); all that there is if
/// it is less.
template <class T, class At>
void draw_by_scan(std::size_t places, std::size_t wanted, Random& random, std::vector<T>& into, At at) {
  // Reservoir sampling: the n-th found stays with probability wanted / n, in the place of a random earlier one.
  const std::size_t base = into.size();
  std::size_t found = 0;
  for (std::size_t place = 0; place < places; ++place) {
    const auto value = at(place);
    if (!value) continue;
    if (++found <= wanted) {
      into.push_back(*value);
    } else if (const std::uint64_t rank = random.below(found); rank < wanted) {
      into[base + rank] = *value;
    }
  }
}

/// The same for samples much smaller than the number of taken places. Gives up (with fewer) when nearly all places
/// turn out vacant. Places are drawn some at a time, and `foresee(place)` told before they are looked at: far apart as
/// they are, they are fetched from memory side by side.
template <class T, class At, class Foresee>
void draw_by_lot(std::size_t places, std::size_t wanted, Random& random, std::vector<T>& into, At at, Foresee foresee) {
  const std::size_t enough = into.size() + wanted;
  NumberSet drawn(wanted);
  std::array<std::uint32_t, 32> next;
  for (std::size_t tries = 32 * wanted + 32; tries > 0 && into.size() < enough;) {
    const std::size_t count = std::min({enough - into.size(), tries, next.size()});
    for (std::size_t i = 0; i < count; ++i) {
      next[i] = static_cast<std::uint32_t>(random.below(places));
      foresee(next[i]);
    }
    for (const std::uint32_t place : std::span(next).first(count)) {
      const auto value = at(place);
      if (value && drawn.insert(place)) into.push_back(*value);
    }
    tries -= count;
  }
}

}  // namespace torq::swarm
