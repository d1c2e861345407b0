// SPDX-License-Identifier: MIT
#pragma once
// The kernel's form of a socket address, for the rooms that talk to the kernel or to ngtcp2.

#include <netinet/in.h>

#include <cstddef>

#include "torq/base/address.hpp"

namespace torq {

/// A sockaddr_in or sockaddr_in6. Fields that torq does not use (flow label, padding) are zero, so that equal
/// addresses are equal bytes.
class SockAddr {
 public:
  SockAddr() = default;
  explicit SockAddr(const SocketAddress& address);

  sockaddr* data() { return &storage_.any; }
  const sockaddr* data() const { return &storage_.any; }
  socklen_t size() const { return size_; }

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{.v6 = {}};
  socklen_t size_ = sizeof(sockaddr_in6);
};

/// The value of a kernel address; 0.0.0.0:0 for a family that is neither IPv4 nor IPv6.
SocketAddress from_sockaddr(const sockaddr* address);

}  // namespace torq
