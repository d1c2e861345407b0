// SPDX-License-Identifier: MIT
#pragma once
// The one place where the monotonic clock is read: once per batch of work, then passed in.

#include "torq/base/clock.hpp"

namespace torq::net {

Instant monotonic_now();

}  // namespace torq::net
