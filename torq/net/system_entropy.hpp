// SPDX-License-Identifier: MIT
#pragma once
// The kernel's random numbers (getrandom(2)). Any thread may have one of its own.

#include "torq/base/random.hpp"

namespace torq::net {

class SystemEntropy final : public Entropy {
 public:
  /// Throws std::system_error when the kernel has no getrandom.
  void fill(std::span<std::byte> out) override;
};

/// A seed for Random.
std::uint64_t draw_seed(Entropy& entropy);

}  // namespace torq::net
