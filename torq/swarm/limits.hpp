// SPDX-License-Identifier: MIT
#pragma once
// How much a MemoryStore may come to hold.

#include <cstddef>

namespace torq::swarm {

/// What peers can make grow. At a limit newcomers are turned away and nobody is pushed out (see SwarmStore::visit).
struct StoreLimits {
  std::size_t swarms = 10'000'000;
  std::size_t peers = 20'000'000;  ///< in all swarms together
  std::size_t peers_per_swarm = 2'000'000;
};

}  // namespace torq::swarm
