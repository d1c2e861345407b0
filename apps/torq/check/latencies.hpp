// SPDX-License-Identifier: MIT
#pragma once
// How long things took, of any number of them in the same little memory: a count per step of a scale whose steps grow
// by a sixteenth of an octave, so that a percentile is at most 5 % more than it was. Pure.

#include <array>
#include <chrono>
#include <cstdint>

namespace torq::app {

class Latencies {
 public:
  using Microseconds = std::chrono::microseconds;

  void add(Microseconds took);
  std::uint64_t count() const { return count_; }
  Microseconds most() const { return most_; }
  /// So long or less took this share of them, 0 to 1; zero when there were none.
  Microseconds percentile(double share) const;

 private:
  static constexpr unsigned kStepsPerOctave = 16;
  static constexpr unsigned kOctaves = 40;  // to twelve days

  static std::size_t step_of(Microseconds took);

  std::array<std::uint64_t, kStepsPerOctave * kOctaves> counts_{};
  std::uint64_t count_ = 0;
  Microseconds most_{};
};

}  // namespace torq::app
