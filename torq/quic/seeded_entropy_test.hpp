// SPDX-License-Identifier: MIT
#pragma once
// Entropy for tests: bytes that follow from a seed.

#include <algorithm>
#include <cstring>

#include "torq/base/random.hpp"

namespace torq::quic {

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : random_(seed) {}

  void fill(std::span<std::byte> out) override {
    while (!out.empty()) {
      const std::uint64_t word = random_.next();
      const std::size_t n = std::min(out.size(), sizeof(word));
      std::memcpy(out.data(), &word, n);
      out = out.subspan(n);
    }
  }

 private:
  Random random_;
};

}  // namespace torq::quic
