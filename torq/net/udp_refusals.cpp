// SPDX-License-Identifier: MIT
// What comes back of datagrams that reached a machine where nobody has the port: ICMP "port unreachable", which Linux
// puts into the socket's error queue (IP_RECVERR, ip(7)).
#include <time.h>  // errqueue.h needs it

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "torq/base/sockaddr.hpp"
#include "torq/net/udp_socket.hpp"

namespace torq::net {
namespace {

// ICMP alone: what this machine says of its own routes is no news of the other one.
bool is_refusal(const cmsghdr& header) {
  const bool v4 = header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR;
  const bool v6 = header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR;
  if (!v4 && !v6) return false;
  sock_extended_err error;
  std::memcpy(&error, CMSG_DATA(&header), sizeof error);
  return error.ee_errno == ECONNREFUSED && error.ee_origin != SO_EE_ORIGIN_LOCAL;
}

}  // namespace

std::error_code UdpSocket::report_refusals() const {
  const int on = 1;
  const bool v4 = address_.ip.family() == Family::kIpv4;
  const int rv = setsockopt(fd_, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
  return rv == 0 ? std::error_code() : std::error_code(errno, std::system_category());
}

void UdpSocket::receive_refusals(const std::function<void(const SocketAddress&)>& refused) {
  constexpr int kMostPerCall = 256;  // anybody may send ICMP
  for (int i = 0; i < kMostPerCall; ++i) {
    SockAddr destination;
    alignas(cmsghdr) std::byte control[512];
    msghdr message{};
    message.msg_name = destination.data();
    message.msg_namelen = sizeof(sockaddr_in6);
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd_, &message, MSG_ERRQUEUE) < 0) return;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (is_refusal(*header)) refused(from_sockaddr(destination.data()));
    }
  }
}

}  // namespace torq::net
