// SPDX-License-Identifier: MIT
#include "torq/net/udp_listen.hpp"

#include "torq/net/listen_group.hpp"
#include "torq/net/steering.hpp"

namespace torq::net {

Result<Listeners, SocketError> listen_udp(const std::vector<SocketAddress>& addresses, std::size_t workers) {
  Listeners listeners;
  listeners.sockets.resize(workers);
  for (const SocketAddress& address : addresses) {
    auto groups = ListenGroups<UdpSocket>(workers).bind(address);
    if (!groups) return Failure(groups.error());
    listeners.addresses.push_back(groups->front().front().address());
    for (auto& group : *groups) {
      // Without it (an old kernel) the drivers forward: slower, and nothing else.
      if (workers > 1) steer_by_connection_id(group.front().native_handle(), static_cast<unsigned>(workers));
      for (std::size_t i = 0; i < workers; ++i) listeners.sockets[i].push_back(std::move(group[i]));
    }
  }
  return listeners;
}

}  // namespace torq::net
