// SPDX-License-Identifier: MIT
#pragma once
// How a server gets a port, for UDP and TCP alike: one socket per worker and address, and the certainty that nobody
// else has the port. Internal to this module.

#include <cassert>
#include <utility>
#include <vector>

#include "torq/net/udp_socket.hpp"

namespace torq::net {

/// What to bind; with port 0, one that is free is picked.
template <class Socket>
class ListenGroups {
 public:
  using Group = std::vector<Socket>;  ///< one per worker

  explicit ListenGroups(std::size_t workers) : workers_(workers) { assert(workers > 0); }

  /// One group; for `[::]` one more for 0.0.0.0, or that alone where IPv6 is off.
  Result<std::vector<Group>, SocketError> bind(const SocketAddress& address) const {
    if (address.ip.family() == Family::kIpv6 && address.ip.is_unspecified()) return bind_both_families(address);
    auto group = bind_group(address);
    if (!group) return Failure(group.error());
    std::vector<Group> groups;
    groups.push_back(std::move(*group));
    return groups;
  }

 private:
  // The first socket proves that the port is free, by binding it without SO_REUSEPORT; then it lets the others join.
  Result<Group, SocketError> bind_group(const SocketAddress& address) const {
    Group group;
    auto first = Socket::bind(address, UdpSocket::Port::kOwn);
    if (!first) return Failure(first.error());
    const SocketAddress bound = first->address();
    if (workers_ > 1) {
      if (const auto error = first->share_port()) return Failure(SocketError{"share the port of", bound, error});
    }
    group.push_back(std::move(*first));
    while (group.size() < workers_) {
      auto next = Socket::bind(bound, UdpSocket::Port::kShared);
      if (!next) return Failure(next.error());
      group.push_back(std::move(*next));
    }
    return group;
  }

  Result<std::vector<Group>, SocketError> bind_both_families(const SocketAddress& address) const {
    // With port 0, the port that IPv6 picked may be taken in IPv4: pick again.
    constexpr int kPicks = 16;
    for (int pick = 1;; ++pick) {
      std::vector<Group> groups;
      SocketAddress v4{IpAddress(), address.port};
      auto v6_group = bind_group(address);
      if (!v6_group && !means_ipv6_is_off(v6_group.error())) return Failure(v6_group.error());
      if (v6_group) {
        v4.port = v6_group->front().address().port;
        groups.push_back(std::move(*v6_group));
      }
      auto v4_group = bind_group(v4);
      if (v4_group) {
        groups.push_back(std::move(*v4_group));
        return groups;
      }
      if (address.port != 0 || pick == kPicks) return Failure(v4_group.error());
    }
  }

  static bool means_ipv6_is_off(const SocketError& error) {
    return error.code == std::errc::address_family_not_supported || error.code == std::errc::address_not_available;
  }

  std::size_t workers_;
};

}  // namespace torq::net
