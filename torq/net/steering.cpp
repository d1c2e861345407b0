// SPDX-License-Identifier: MIT
#include "torq/net/steering.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "torq/quic/connection_id.hpp"

namespace torq::net {
namespace {

constexpr std::uint32_t kNobody = 0xffffffff;  // an index that no socket has: the kernel then takes its hash
constexpr std::uint32_t kLongHeader = 0x80;
constexpr std::uint32_t kFixedBit = 0x40;  // RFC 9000 17.2, 17.3; clear in every packet of BEP 15

// Offsets in the UDP payload (RFC 8999 5.1, 5.2).
constexpr std::uint32_t kShortDestination = 1;
constexpr std::uint32_t kLongDestinationLength = 5;
constexpr std::uint32_t kLongDestination = 6;
// A load behind the end would steer to socket 0; every load below is within this.
constexpr std::uint32_t kShortest = 1 + quic::kServerCidLength;
static_assert(kShortest > kLongDestination);

}  // namespace

std::error_code steer_by_connection_id(int socket, unsigned workers) {
  // BPF_JUMP's last two operands are how many instructions to skip when true, when false.
  std::array<sock_filter, 13> program = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kShortest, 0, 10),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kLongHeader, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kFixedBit, 0, 7),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kShortDestination),
      BPF_JUMP(BPF_JMP | BPF_JA, 3, 0, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kLongDestinationLength),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, quic::kServerCidLength, 0, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kLongDestination),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, workers),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | BPF_K, kNobody),
  }};
  const sock_fprog attached{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof attached) == 0) return {};
  return {errno, std::system_category()};
}

}  // namespace torq::net
