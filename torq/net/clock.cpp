// SPDX-License-Identifier: MIT
#include "torq/net/clock.hpp"

namespace torq::net {

Instant monotonic_now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace torq::net
