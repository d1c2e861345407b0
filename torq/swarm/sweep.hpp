// SPDX-License-Identifier: MIT
#pragma once
// How passes over all peers (in search of those whose lifetime is over; to copy them) are cut into steps: where a pass
// has got to, and what a step did.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace torq::swarm {

/// A place in a pass over one set of peers. It stays good whatever happens to the set between two steps: at worst some
/// peers are looked at twice.
struct SweepCursor {
  std::uint32_t chunk = 0;
  unsigned chunk_bits = 0;  ///< the set was cut into 2^chunk_bits chunks when the pass began
};

struct SweepStep {
  std::size_t visited = 0;          ///< places that were looked at or moved: what the step cost
  std::size_t removed = 0;          ///< peers
  std::optional<SweepCursor> next;  ///< where to go on; nothing when the pass is over
};

}  // namespace torq::swarm
