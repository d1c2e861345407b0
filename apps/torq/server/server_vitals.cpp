// SPDX-License-Identifier: MIT
#include "apps/torq/server/server_vitals.hpp"

#include <fmt/format.h>

#include <chrono>

#include "torq/net/clock.hpp"

namespace torq::app {

std::string ServerVitals::figures() const {
  const swarm::StoreFigures store = store_.figures();
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::monotonic_now() - begun_);
  return fmt::format(R"({{"uptime":{},"ready":{},"swarms":{},"peers":{},"refused_swarms":{},"refused_peers":{}}})",
                     up.count(), is_ready(), store.swarms, store.peers, store.refused_swarms, store.refused_peers);
}

}  // namespace torq::app
