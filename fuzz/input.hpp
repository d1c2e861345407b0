// SPDX-License-Identifier: MIT
#pragma once
// A fuzzer's bytes, taken from front to back. What is not there any more reads as zeros, so that every input means
// something.

#include <algorithm>
#include <cstdint>
#include <span>

#include "torq/base/bytes.hpp"

namespace torq::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const Bytes one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one[0]);
  }
  /// Little endian.
  std::size_t two_bytes() {
    const std::size_t low = byte();
    return low | static_cast<std::size_t>(byte()) << 8;
  }
  /// Two bytes of length, then as many, or `most`, or those that are left.
  Bytes counted(std::size_t most) { return take(std::min(two_bytes(), most)); }
  Bytes take(std::size_t n) {
    const Bytes taken = rest_.first(std::min(n, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

}  // namespace torq::fuzz
