// SPDX-License-Identifier: MIT
#include "apps/torq/doctor/udp_offload.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "torq/files/descriptor.hpp"

namespace torq::app {
namespace {

bool takes(int socket, int name, int value) { return setsockopt(socket, SOL_UDP, name, &value, sizeof value) == 0; }

std::size_t granted(int socket, int name) {
  int value = static_cast<int>(kWantedBuffer);
  setsockopt(socket, SOL_SOCKET, name, &value, sizeof value);
  socklen_t size = sizeof value;
  if (getsockopt(socket, SOL_SOCKET, name, &value, &size) != 0) return 0;
  return static_cast<std::size_t>(value) / 2;  // the kernel doubles it for its own records (socket(7))
}

}  // namespace

UdpOffload read_udp_offload() {
  const files::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr int kAnySegment = 1200;
  return {.gso = takes(socket.get(), UDP_SEGMENT, kAnySegment),
          .gro = takes(socket.get(), UDP_GRO, 1),
          .receive_buffer = granted(socket.get(), SO_RCVBUF),
          .send_buffer = granted(socket.get(), SO_SNDBUF)};
}

}  // namespace torq::app
