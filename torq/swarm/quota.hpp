// SPDX-License-Identifier: MIT
#pragma once
// A number of places that threads take and give back without a lock.

#include <atomic>
#include <cstddef>

namespace torq::swarm {

class Quota {
 public:
  explicit Quota(std::size_t limit) : limit_(limit) {}

  /// False (and nothing is taken) when all are taken.
  [[nodiscard]] bool take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed)) return true;
    give_back(1);
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t places) { taken_.fetch_sub(places, std::memory_order_relaxed); }

  /// What is taken beyond it stays taken.
  void set_limit(std::size_t limit) { limit_.store(limit, std::memory_order_relaxed); }

  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  std::size_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::size_t> refused_{0};
};

}  // namespace torq::swarm
