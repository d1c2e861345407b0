// SPDX-License-Identifier: MIT
#include "torq/quic/block_pool.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace torq::quic {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif
#else
constexpr bool kKeeps = true;
#endif

}  // namespace

BlockPool::~BlockPool() {
  for (Spare* spare : spares_) {
    while (spare != nullptr) std::free(std::exchange(spare, spare->next));
  }
}

// The allocator knows the size of each block, so that none has to be kept beside it.
std::size_t BlockPool::size_of(void* block) { return block == nullptr ? 0 : ::malloc_usable_size(block); }

void* BlockPool::take(std::size_t size) {
  const std::size_t wanted = class_of(size + kStep - 1);  // rounded up: every block of that class is large enough
  if (wanted >= kClasses || spares_[wanted] == nullptr) return std::malloc(size);
  Spare* block = std::exchange(spares_[wanted], spares_[wanted]->next);
  spare_ -= size_of(block);
  return block;
}

void BlockPool::give(void* block) {
  const std::size_t size = size_of(block);
  const std::size_t place = class_of(size);
  if (!kKeeps || block == nullptr || place >= kClasses || spare_ + size > kMostSpare) return std::free(block);
  spares_[place] = new (block) Spare{spares_[place]};
  spare_ += size;
}

}  // namespace torq::quic
