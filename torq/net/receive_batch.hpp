// SPDX-License-Identifier: MIT
#pragma once
// The arrays behind recvmmsg. Internal to this module.

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "torq/net/udp_socket.hpp"

namespace torq::net {

struct ReceiveBatch::Slots {
  static constexpr unsigned kCount = 32;
  static constexpr std::size_t kSlotSize = 64 * 1024;  // a smaller one would truncate what GRO has merged
  // Slots at multiples of 64 KiB would have their first bytes in the same few lines of every cache.
  static constexpr std::size_t kStride = kSlotSize + 192;
  static constexpr std::size_t kControlSize = 128;

  Slots();
  /// Ready for another recvmmsg, which has shortened the lengths of those that it used.
  void rearm();

  unsigned used = kCount;  // by the last recvmmsg
  std::array<mmsghdr, kCount> messages{};
  std::array<iovec, kCount> vectors{};
  std::array<sockaddr_in6, kCount> sources{};
  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControlSize> bytes;
  };
  std::array<Control, kCount> controls{};
  std::unique_ptr<std::byte[]> payloads;
};

/// What the control messages of one received message say.
struct Ancillary {
  std::optional<IpAddress> local;
  std::uint32_t scope = 0;  ///< of `local`, where that is IPv6 and link-local
  quic::Ecn ecn = quic::Ecn::kNone;
  std::size_t segment_size = 0;  ///< 0: one datagram
};

Ancillary read_ancillary(const msghdr& message);

}  // namespace torq::net
