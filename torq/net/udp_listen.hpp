// SPDX-License-Identifier: MIT
#pragma once
// Binding the addresses that a server listens on: one socket per address and worker, and the certainty that nobody else
// has the port.

#include <vector>

#include "torq/net/udp_socket.hpp"

namespace torq::net {

struct Listeners {
  std::vector<SocketAddress> addresses;         ///< as asked, with the ports that were picked
  std::vector<std::vector<UdpSocket>> sockets;  ///< [worker]: one per address and family
};

/// `[::]` stands for both families: it binds 0.0.0.0 at the same port, too, and that alone where IPv6 is off.
Result<Listeners, SocketError> listen_udp(const std::vector<SocketAddress>& addresses, std::size_t workers);

}  // namespace torq::net
