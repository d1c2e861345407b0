// SPDX-License-Identifier: MIT
#pragma once
// Memory for ngtcp2: blocks of connections that have ended, kept by size for those that come. A new connection takes
// some fifty blocks of up to a few kilobytes, most of them beyond what malloc keeps at hand. What is kept is bounded;
// the rest goes back to malloc, which all blocks come from. Under ASan nothing is kept, so that it sees the use of
// freed memory.
//
// One pool per endpoint, on its thread.

#include <array>
#include <cstddef>

namespace torq::quic {

class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// Null when there is no memory.
  void* take(std::size_t size);
  /// Null counts as freed.
  void give(void* block);

  /// What a block holds; at least what was asked for.
  static std::size_t size_of(void* block);

  /// Bytes kept.
  std::size_t spare() const { return spare_; }
  /// A dozen connections of some 40 kB.
  static constexpr std::size_t kMostSpare = 512 * 1024;

 private:
  static constexpr std::size_t kStep = 16;  // malloc's own, less the 8 bytes that it keeps for itself
  static constexpr std::size_t kClasses = 512;
  struct Spare {
    Spare* next;
  };

  static std::size_t class_of(std::size_t size) { return (size + 8) / kStep; }

  std::array<Spare*, kClasses> spares_{};  // by class_of(size_of(block)), rounded down
  std::size_t spare_ = 0;
};

}  // namespace torq::quic
