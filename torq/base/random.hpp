// SPDX-License-Identifier: MIT
#pragma once
// Randomness that is passed in. Entropy makes secrets (connection IDs, tokens); Random is a fast generator for choices
// that need no secrecy (which peers to return, how long to wait). Neither is shared between threads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace torq {

/// A source of unpredictable bytes; a test passes a seeded one so that a run repeats.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::byte> out) = 0;
};

/// xoshiro256++ (Blackman and Vigna, 2019): uniform, not cryptographic.
class Random {
 public:
  using result_type = std::uint64_t;

  /// Equal seeds give equal sequences. Any seed will do, also 0.
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Lemire's multiplication: the bias is below 2^-32 for bound < 2^32.
  std::uint64_t below(std::uint64_t bound);

  // UniformRandomBitGenerator, for <algorithm> and <random>.
  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }
  std::uint64_t operator()() { return next(); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace torq
