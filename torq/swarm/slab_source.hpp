// SPDX-License-Identifier: MIT
#pragma once
// Memory for blocks of one size, cut from slabs of 2 MiB, each of which the kernel is asked to back by one page: swarms
// are visited at random, and of a million the processor could not keep the places of 16,000 small pages in mind. A slab
// is given back when the last of its blocks is.
//
// Threads: any.

#include <cstddef>
#include <mutex>
#include <vector>

namespace torq::swarm {

class SlabSource {
 public:
  static constexpr std::size_t kSlab = std::size_t{2} * 1024 * 1024;

  /// `block` is a multiple of 64, at least that and much less than a slab. All blocks must be given back before the
  /// source ends.
  explicit SlabSource(std::size_t block) : block_(block) {}
  ~SlabSource();
  SlabSource(const SlabSource&) = delete;
  SlabSource& operator=(const SlabSource&) = delete;

  /// Aligned to 64.
  void* take();
  void give(void* block);

  /// Held, in bytes.
  std::size_t bytes();

 private:
  struct Spare {
    Spare* next;
  };
  struct Slab;  // at the front of its memory

  static Slab& slab_of(void* block);
  Slab& add_slab();

  const std::size_t block_;
  std::mutex mutex_;
  std::size_t slabs_ = 0;
  std::vector<Slab*> roomy_;  // have a block to give; the last is asked
};

}  // namespace torq::swarm
