// SPDX-License-Identifier: MIT
#pragma once
// How long to wait before the next try: doubling, with jitter, so that the clients of a server that comes back do not
// come back all at once. Pure. Internal to client/.

#include <algorithm>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"

namespace torq::client {

struct BackoffLimits {
  Duration first;
  Duration longest;
};

/// After the `failures`th failure in a row (1, 2, …): uniform in the upper half of first x 2^(failures-1), at most
/// `longest`.
inline Duration backoff_after(unsigned failures, const BackoffLimits& limits, Random& random) {
  Duration wait = limits.first;
  for (unsigned i = 1; i < failures && wait < limits.longest; ++i) wait *= 2;
  wait = std::min(wait, limits.longest);
  const auto half = static_cast<std::uint64_t>(wait.count() / 2);
  return wait - Duration(static_cast<Duration::rep>(random.below(half + 1)));
}

}  // namespace torq::client
