// SPDX-License-Identifier: MIT
#pragma once
// Time as the cores know it: a monotonic instant that is passed in. There is deliberately no now(): whoever does the
// I/O reads a clock once per batch of work (net/), tests make one up.

#include <chrono>

namespace torq {

using Duration = std::chrono::nanoseconds;

/// A monotonic clock without a face. Its epoch is unspecified; only differences mean something.
struct Monotonic {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic, duration>;
  static constexpr bool is_steady = true;
};

using Instant = Monotonic::time_point;

}  // namespace torq
