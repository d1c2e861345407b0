// SPDX-License-Identifier: MIT
#include "torq/net/udp_listen.hpp"

#include <algorithm>
#include <cassert>

#include "torq/net/steering.hpp"

namespace torq::net {
namespace {

// The first socket proves that the port is free, by binding it without SO_REUSEPORT; then it lets the others join.
Result<std::vector<UdpSocket>, SocketError> bind_group(const SocketAddress& address, std::size_t workers) {
  std::vector<UdpSocket> group;
  auto first = UdpSocket::bind(address, UdpSocket::Port::kOwn);
  if (!first) return Failure(first.error());
  const SocketAddress bound = first->address();
  if (workers > 1) {
    if (const auto error = first->share_port()) return Failure(SocketError{"share the port of", bound, error});
  }
  group.push_back(std::move(*first));
  while (group.size() < workers) {
    auto next = UdpSocket::bind(bound, UdpSocket::Port::kShared);
    if (!next) return Failure(next.error());
    group.push_back(std::move(*next));
  }
  if (workers > 1) steer_by_connection_id(group.front().native_handle(), static_cast<unsigned>(workers));
  return group;
}

bool is_ipv6_wildcard(const SocketAddress& address) {
  return address.ip.family() == Family::kIpv6 && address.ip.is_unspecified();
}

bool means_ipv6_is_off(const SocketError& error) {
  return error.code == std::errc::address_family_not_supported || error.code == std::errc::address_not_available;
}

using Groups = std::vector<std::vector<UdpSocket>>;

Result<Groups, SocketError> bind_both_families(const SocketAddress& address, std::size_t workers) {
  // With port 0, the port that IPv6 picked may be taken in IPv4: pick again.
  constexpr int kPicks = 16;
  for (int pick = 1;; ++pick) {
    Groups groups;
    SocketAddress v4{IpAddress(), address.port};
    auto v6_group = bind_group(address, workers);
    if (!v6_group && !means_ipv6_is_off(v6_group.error())) return Failure(v6_group.error());
    if (v6_group) {
      v4.port = v6_group->front().address().port;
      groups.push_back(std::move(*v6_group));
    }
    auto v4_group = bind_group(v4, workers);
    if (v4_group) {
      groups.push_back(std::move(*v4_group));
      return groups;
    }
    if (address.port != 0 || pick == kPicks) return Failure(v4_group.error());
  }
}

Result<Groups, SocketError> bind_address(const SocketAddress& address, std::size_t workers) {
  if (is_ipv6_wildcard(address)) return bind_both_families(address, workers);
  auto group = bind_group(address, workers);
  if (!group) return Failure(group.error());
  Groups groups;
  groups.push_back(std::move(*group));
  return groups;
}

}  // namespace

Result<Listeners, SocketError> listen_udp(const std::vector<SocketAddress>& addresses, std::size_t workers) {
  assert(workers > 0);
  Listeners listeners;
  listeners.sockets.resize(workers);
  for (const SocketAddress& address : addresses) {
    auto groups = bind_address(address, workers);
    if (!groups) return Failure(groups.error());
    listeners.addresses.push_back(groups->front().front().address());
    for (auto& group : *groups) {
      for (std::size_t i = 0; i < workers; ++i) listeners.sockets[i].push_back(std::move(group[i]));
    }
  }
  return listeners;
}

}  // namespace torq::net
