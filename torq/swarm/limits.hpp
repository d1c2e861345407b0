// SPDX-License-Identifier: MIT
#pragma once
// How much a MemoryStore may come to hold.

#include <cstddef>
#include <limits>
#include <vector>

#include "torq/base/address_prefix.hpp"

namespace torq::swarm {

/// What peers can make grow. At a limit newcomers are turned away and nobody is pushed out (see SwarmStore::visit).
struct StoreLimits {
  std::size_t swarms = 10'000'000;
  std::size_t peers = 20'000'000;  ///< in all swarms together
  std::size_t peers_per_swarm = 2'000'000;
  /// Of one IPv4 address or IPv6 /56 in one swarm: exact among the first PeerSet::kMaxDense of each role, else an
  /// estimate (Swarm::neighbours), which lets one address have the limit or about a tenth of the swarm.
  std::size_t peers_per_address = std::numeric_limits<std::size_t>::max();
  std::vector<AddressPrefix> exempt{};  ///< from peers_per_address
};

}  // namespace torq::swarm
