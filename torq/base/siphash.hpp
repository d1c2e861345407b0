// SPDX-License-Identifier: MIT
#pragma once
// SipHash (Aumasson and Bernstein, 2012): a short keyed hash of what strangers choose. Who does not know the key cannot
// foresee a hash. It comes in two strengths; pure.

#include <array>
#include <cstddef>
#include <cstdint>

#include "torq/base/bytes.hpp"

namespace torq {

struct SipKey {
  std::array<std::uint64_t, 2> words{};
};

/// SipHash-1-3, for tables: nobody can make entries collide. It is not a signature.
std::uint64_t siphash(const SipKey& key, Bytes bytes);

/// SipHash-2-4, for hashes that strangers are shown and must not be able to make: a pseudorandom function.
std::uint64_t siphash_2_4(const SipKey& key, Bytes bytes);

}  // namespace torq
