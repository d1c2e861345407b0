// SPDX-License-Identifier: MIT
#pragma once
// Places of zeros for entries, side by side. Large segments are mapped: they go back to the kernel when they are freed.
// In the heap what else a server allocates would settle in the places of segments that a growing table leaves behind,
// and no later segment would fit there: a twelfth more for a million peers.

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace torq::swarm {

struct FreeSegment {
  std::size_t mapped = 0;  ///< bytes; 0: it is of the heap

  template <class Entry>
  void operator()(Entry* first) const {
    if (mapped == 0) return delete[] first;
    ::munmap(first, mapped);
  }
};

template <class Entry>
using Segment = std::unique_ptr<Entry[], FreeSegment>;

template <class Entry>
Segment<Entry> make_segment(std::size_t size) {
  static_assert(std::is_trivially_copyable_v<Entry>);
  constexpr std::size_t kMapped = std::size_t{32} * 1024;
  const std::size_t bytes = size * sizeof(Entry);
  if (bytes < kMapped) return Segment<Entry>(new Entry[size]);
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return Segment<Entry>(static_cast<Entry*>(pages), FreeSegment{bytes});
}

}  // namespace torq::swarm
