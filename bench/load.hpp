// SPDX-License-Identifier: MIT
#pragma once
// The ways to load a server. Each is an Application on a client's Machine that goes on until its window has closed.

#include <cstdint>
#include <optional>
#include <string>

#include "bench/announces.hpp"
#include "bench/gauge.hpp"
#include "bench/machine.hpp"

namespace torq::bench {

struct Plan {
  std::string mode;  ///< announce, connect, file, idle
  SocketAddress server;
  pid_t server_process = 0;
  std::size_t connections = 64;
  std::size_t outstanding = 1;  ///< requests on each connection
  std::size_t sockets = 1;
  double rate = 0;  ///< announces per second, whatever the answers do; 0: each answer makes room for the next
  Duration warm_up{};
  Duration length{};
  std::uint64_t limit = 0;  ///< ends after so many answers instead
  bool resume = false;
  bool http3 = false;  ///< announces over HTTP/3 instead of the JSON protocol
  std::string file;
  bool raw = false;
  Population population;
};

/// Prints its result, one JSON object.
void announce(const Plan& plan);
void connect(const Plan& plan);
void file(const Plan& plan);
/// Says {"holding":N} when all stand, and holds them until the end of standard input.
void idle(const Plan& plan);

}  // namespace torq::bench
