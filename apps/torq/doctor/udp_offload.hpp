// SPDX-License-Identifier: MIT
#pragma once
// What this machine's kernel gives a UDP socket.

#include <cstddef>

namespace torq::app {

struct UdpOffload {
  bool gso = false;                ///< UDP_SEGMENT: many datagrams leave by one call
  bool gro = false;                ///< UDP_GRO: many arrive by one
  std::size_t receive_buffer = 0;  ///< bytes that it grants when we ask for kWantedBuffer
  std::size_t send_buffer = 0;     ///< the same
};

/// What torq's sockets ask for (net/udp_socket), in bytes.
inline constexpr std::size_t kWantedBuffer = std::size_t{4} * 1024 * 1024;

UdpOffload read_udp_offload();

}  // namespace torq::app
