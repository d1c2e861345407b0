// SPDX-License-Identifier: MIT
#pragma once
// SipHash-1-3 (Aumasson and Bernstein, 2012): a short keyed hash for tables whose keys strangers choose. Who does not
// know the key cannot make entries collide. It is not a signature.

#include <array>
#include <cstddef>
#include <cstdint>

#include "torq/base/bytes.hpp"

namespace torq::swarm {

struct SipKey {
  std::array<std::uint64_t, 2> words{};
};

std::uint64_t siphash(const SipKey& key, Bytes bytes);

}  // namespace torq::swarm
