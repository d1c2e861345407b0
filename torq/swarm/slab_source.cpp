// SPDX-License-Identifier: MIT
#include "torq/swarm/slab_source.hpp"

#include <sys/mman.h>

#include <cassert>
#include <cstdint>
#include <new>
#include <utility>

namespace torq::swarm {
namespace {

constexpr std::size_t kFront = 64;
constexpr std::align_val_t kAlignment{SlabSource::kSlab};

}  // namespace

struct SlabSource::Slab {
  std::size_t taken = 0;
  std::size_t fresh = kFront;  // nothing behind it was ever taken: those pages are not touched
  Spare* spare = nullptr;
};

SlabSource::~SlabSource() { assert(slabs_ == 0); }

SlabSource::Slab& SlabSource::slab_of(void* block) {
  return *reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(kSlab - 1));
}

SlabSource::Slab& SlabSource::add_slab() {
  void* memory = ::operator new(kSlab, kAlignment);
  ::madvise(memory, kSlab, MADV_HUGEPAGE);  // a kernel that cannot is none the worse
  ++slabs_;
  roomy_.push_back(new (memory) Slab);
  return *roomy_.back();
}

void* SlabSource::take() {
  const std::lock_guard lock(mutex_);
  Slab& slab = roomy_.empty() ? add_slab() : *roomy_.back();
  void* block = slab.spare;
  if (block != nullptr) {
    slab.spare = slab.spare->next;
  } else {
    block = reinterpret_cast<std::byte*>(&slab) + slab.fresh;
    slab.fresh += block_;
  }
  ++slab.taken;
  if (slab.spare == nullptr && slab.fresh + block_ > kSlab) roomy_.pop_back();
  return block;
}

void SlabSource::give(void* block) {
  const std::lock_guard lock(mutex_);
  Slab& slab = slab_of(block);
  const bool was_full = slab.spare == nullptr && slab.fresh + block_ > kSlab;
  if (was_full) roomy_.push_back(&slab);
  slab.spare = new (block) Spare{slab.spare};
  if (--slab.taken > 0) return;
  std::erase(roomy_, &slab);
  --slabs_;
  ::operator delete(&slab, kAlignment);
}

std::size_t SlabSource::bytes() {
  const std::lock_guard lock(mutex_);
  return slabs_ * kSlab;
}

}  // namespace torq::swarm
