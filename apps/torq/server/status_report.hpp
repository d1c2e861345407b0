// SPDX-License-Identifier: MIT
#pragma once
// The figures of a running server as one JSON object (docs/cli.md, "torq status"), and that object for people. Pure.

#include <chrono>
#include <string>
#include <vector>

#include "apps/torq/server/process_figures.hpp"
#include "apps/torq/server/pulse.hpp"
#include "torq/base/result.hpp"
#include "torq/swarm/memory_store.hpp"

namespace torq::app {

struct ServerFigures {
  std::chrono::steady_clock::time_point begun;
  std::chrono::steady_clock::time_point now;
  int process = 0;
  std::vector<Pulse::Reading> workers;
  swarm::StoreFigures store;
  std::uint64_t store_bytes = 0;
  ProcessFigures used;
  ProcessLimits limits;
  std::uint64_t lost_lines = 0;  ///< of the log
};

std::string encode_status(const ServerFigures& figures);

/// The error: what a server said is no status.
Result<std::string, std::string> describe_status(const std::string& json);

}  // namespace torq::app
