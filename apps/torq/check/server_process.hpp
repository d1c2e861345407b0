// SPDX-License-Identifier: MIT
#pragma once
// The process of a server under test, when it runs on this machine: named by a person, or found by its status socket,
// and again when it was restarted. Main thread; may wait for a server that hangs for some seconds.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "apps/torq/server/process_figures.hpp"

namespace torq::app {

class ServerProcess {
 public:
  /// Without `state` and `process` only a server on `host` localhost is looked for, where servers usually keep their
  /// state.
  ServerProcess(const std::string& host, const std::optional<std::string>& state, std::optional<std::uint64_t> process);

  /// Nothing while there is none.
  std::optional<ProcessFigures> figures();

 private:
  std::string state_;  // empty: not to be searched
  std::optional<pid_t> process_;
};

}  // namespace torq::app
