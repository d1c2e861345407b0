// SPDX-License-Identifier: MIT
#pragma once
// Binds all that a server listens on: its doors share a number where that was asked for.

#include <string>
#include <vector>

#include "apps/torq/config/listen_at.hpp"
#include "torq/base/result.hpp"
#include "torq/net/datagram_application.hpp"
#include "torq/net/tcp_server.hpp"

namespace torq::app {

/// A door and where it is found.
struct Listening {
  Door door;
  SocketAddress address;
};

struct WorkerSockets {
  std::vector<net::UdpPort> udp;
  std::vector<net::TcpPort> tcp;
};

struct Listeners {
  std::vector<Listening> doors;        ///< in the order of kDoors, of one door as asked
  std::vector<WorkerSockets> workers;  ///< one for each
};

/// The error is for people.
Result<Listeners, std::string> listen_at(const std::vector<ListenAt>& places, std::size_t workers);

}  // namespace torq::app
