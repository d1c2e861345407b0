// SPDX-License-Identifier: MIT
#pragma once
// A queue in one block of memory, which grows by doubling and is kept: unlike std::deque it allocates nothing while it
// is empty, and nothing in steady use. Not safe for threads.

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace torq {

template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  T& front() {
    assert(!empty());
    return slots_[first_];
  }

  const T& operator[](std::size_t i) const {
    assert(i < size_);
    return slots_[place(i)];
  }

  void push_back(const T& value) { push_back(T(value)); }
  void push_back(T&& value) {
    if (size_ == slots_.size()) grow();
    slots_[place(size_)] = std::move(value);
    ++size_;
  }

  void pop_front() {
    front() = T();  // what it held may be large
    leave_front();
  }

  /// The front, which leaves.
  T take_front() {
    T value = std::move(front());
    leave_front();
    return value;
  }

  /// Each that equals `value`; the others stay in their order.
  void erase(const T& value) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      T& slot = slots_[place(i)];
      if (!(slot == value)) slots_[place(kept++)] = std::move(slot);
    }
    size_ = kept;
  }

 private:
  void leave_front() {
    first_ = place(1);
    --size_;
  }

  std::size_t place(std::size_t i) const { return (first_ + i) & (slots_.size() - 1); }

  void grow() {
    constexpr std::size_t kLeast = 4;
    std::vector<T> larger(std::max(kLeast, std::bit_ceil(size_ + 1)));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move(slots_[place(i)]);
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // a power of two of them
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace torq
