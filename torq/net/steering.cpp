// SPDX-License-Identifier: MIT
#include "torq/net/steering.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "torq/quic/connection_id.hpp"

namespace torq::net {
namespace {

// No such member: the kernel spreads the datagram by its addresses, as it does without a program.
constexpr std::uint32_t kAnyMember = 0xffffffff;
// How a BEP 15 connect request begins: 0x41727101980. All of them are alike, and would burden one worker. Other packets
// of that protocol begin with random bytes, and may go to any.
constexpr std::uint32_t kBep15Magic = 0x00000417;
constexpr std::uint32_t kLongHeader = 0x80;

constexpr std::uint16_t kLoadByte = BPF_LD | BPF_B | BPF_ABS;
constexpr std::uint16_t kLoadWord = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kIfBit = BPF_JMP | BPF_JSET | BPF_K;
constexpr std::uint16_t kJump = BPF_JMP | BPF_JA;
constexpr std::uint16_t kModulo = BPF_ALU | BPF_MOD | BPF_K;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kReturnIt = BPF_RET | BPF_A;

}  // namespace

// The same rule as quic::worker_named_by. Offset 0 is the first byte behind the UDP header; a load beyond the end ends
// the program with 0, the first worker.
//
//     short header   0xxxxxxx | ID (12 bytes), of which the first names the worker | …
//     long header    1xxxxxxx | version (4) | length of the ID (1) | ID | …
std::error_code steer_by_connection_id(int socket, unsigned workers) {
  // Jumps count from the instruction behind them.
  std::array<sock_filter, 12> program = {{
      {kLoadByte, 0, 0, 0},
      {kIfBit, 4, 0, kLongHeader},  // to 6
      {kLoadWord, 0, 0, 0},
      {kIfEqual, 7, 0, kBep15Magic},  // to 11
      {kLoadByte, 0, 0, 1},
      {kJump, 0, 0, 3},                          // to 9
      {kLoadByte, 0, 0, 5},                      // 6
      {kIfEqual, 0, 3, quic::kServerCidLength},  // else to 11
      {kLoadByte, 0, 0, 6},
      {kModulo, 0, 0, workers},  // 9
      {kReturnIt, 0, 0, 0},
      {kReturn, 0, 0, kAnyMember},  // 11
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter, sizeof filter) == 0) return {};
  return {errno, std::system_category()};
}

}  // namespace torq::net
