// SPDX-License-Identifier: MIT
#include "torq/base/sockaddr.hpp"

#include <algorithm>
#include <cstring>

namespace torq {

SockAddr::SockAddr(const SocketAddress& address) {
  const Bytes ip = address.ip.bytes();
  if (address.ip.family() == Family::kIpv4) {
    storage_.v4.sin_family = AF_INET;
    storage_.v4.sin_port = htons(address.port);
    std::memcpy(&storage_.v4.sin_addr, ip.data(), ip.size());
    size_ = sizeof(sockaddr_in);
  } else {
    storage_.v6.sin6_family = AF_INET6;
    storage_.v6.sin6_port = htons(address.port);
    storage_.v6.sin6_scope_id = address.scope;
    std::memcpy(&storage_.v6.sin6_addr, ip.data(), ip.size());
  }
}

SocketAddress from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::byte, 4> ip;
    std::memcpy(ip.data(), &v4.sin_addr, ip.size());
    return {IpAddress::v4(ip), ntohs(v4.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    std::array<std::byte, 16> ip;
    std::memcpy(ip.data(), &v6.sin6_addr, ip.size());
    const IpAddress value = IpAddress::v6(ip);
    return {value, ntohs(v6.sin6_port), value.is_ipv6_link_local() ? v6.sin6_scope_id : 0};
  }
  return {};
}

}  // namespace torq
