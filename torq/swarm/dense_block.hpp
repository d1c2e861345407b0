// SPDX-License-Identifier: MIT
#pragma once
// A few peers side by side in one allocation, searched from front to back: for swarms too small to need a table. Like
// a vector, but its owner holds no more than a pointer:
//
//   | size, 4 bytes | capacity, 4 bytes | entries |

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "torq/base/prefetch.hpp"

namespace torq::swarm {

template <class Entry>
class DenseBlock {
  static_assert(std::is_trivially_copyable_v<Entry> && alignof(Entry) <= 8);

 public:
  DenseBlock() : memory_(allocate(2)) {}

  std::size_t size() const { return header().size; }
  /// Brings the beginning into the cache: a search goes on from there by itself.
  void foresee() const {
    constexpr std::size_t kLine = 64, kLines = 4;
    for (std::size_t line = 0; line < kLines; ++line) prefetch(memory_.get() + line * kLine);
  }
  std::size_t bytes() const { return sizeof(Header) + header().capacity * sizeof(Entry); }
  Entry* begin() { return reinterpret_cast<Entry*>(memory_.get() + sizeof(Header)); }
  Entry* end() { return begin() + size(); }
  const Entry* begin() const { return reinterpret_cast<const Entry*>(memory_.get() + sizeof(Header)); }
  const Entry* end() const { return begin() + size(); }

  void push_back(const Entry& entry) {
    if (header().size == header().capacity) resize(header().capacity + std::max(2u, header().capacity / 8 * 2));
    begin()[header().size++] = entry;
  }

  /// The last entry takes the place of this one.
  void erase(Entry* entry) {
    *entry = *(end() - 1);
    --header().size;
    if (header().size >= 2 && header().size * 2 < header().capacity) resize(header().size + header().size / 8 * 2);
  }

 private:
  struct Header {
    std::uint32_t size;
    std::uint32_t capacity;
  };

  static std::unique_ptr<std::byte[]> allocate(std::uint32_t capacity) {
    std::unique_ptr<std::byte[]> memory(new std::byte[sizeof(Header) + capacity * sizeof(Entry)]);
    reinterpret_cast<Header&>(*memory.get()) = {0, capacity};
    return memory;
  }

  void resize(std::uint32_t capacity) {
    assert(capacity >= header().size);
    DenseBlock moved(allocate(capacity));
    std::copy(begin(), end(), moved.begin());
    moved.header().size = header().size;
    memory_.swap(moved.memory_);
  }

  explicit DenseBlock(std::unique_ptr<std::byte[]> memory) : memory_(std::move(memory)) {}

  Header& header() { return reinterpret_cast<Header&>(*memory_.get()); }
  const Header& header() const { return reinterpret_cast<const Header&>(*memory_.get()); }

  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace torq::swarm
