// SPDX-License-Identifier: MIT
#pragma once
// How a running server is, for /stats and /readyz. Any thread.

#include <atomic>
#include <string>

#include "torq/base/clock.hpp"
#include "torq/swarm/memory_store.hpp"
#include "torq/web/vitals.hpp"

namespace torq::app {

class ServerVitals final : public web::Vitals {
 public:
  /// `store` outlives it.
  ServerVitals(const swarm::MemoryStore& store, Instant begun) : store_(store), begun_(begun) {}

  void begin_to_end() { ending_ = true; }

  bool is_ready() const override { return !ending_; }
  std::string figures() const override;

 private:
  const swarm::MemoryStore& store_;
  Instant begun_;
  std::atomic<bool> ending_ = false;
};

}  // namespace torq::app
