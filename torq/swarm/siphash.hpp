// SPDX-License-Identifier: MIT
#pragma once
// The keyed hash of this room's tables, whose keys strangers choose: that of base.

#include "torq/base/siphash.hpp"

namespace torq::swarm {

using torq::siphash;
using torq::SipKey;

}  // namespace torq::swarm
