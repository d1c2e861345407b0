// SPDX-License-Identifier: MIT
#pragma once
// A value that many threads read all the time, and that somebody replaces now and then, as when a configuration is read
// again. Readers take no lock. What was replaced stays until the end, for a reader may still have it: not for values
// that a peer can make change.

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace torq {

/// Read by any thread, replaced by one.
template <class T>
class Replaceable {
 public:
  explicit Replaceable(T first) { replace(std::move(first)); }

  /// Good as long as this.
  const T& get() const { return *now_.load(std::memory_order_acquire); }

  void replace(T next) {
    all_.push_back(std::make_unique<const T>(std::move(next)));
    now_.store(all_.back().get(), std::memory_order_release);
  }

 private:
  std::vector<std::unique_ptr<const T>> all_;
  std::atomic<const T*> now_{nullptr};
};

}  // namespace torq
