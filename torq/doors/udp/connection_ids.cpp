// SPDX-License-Identifier: MIT
#include "torq/doors/udp/connection_ids.hpp"

#include <algorithm>
#include <cstring>

namespace torq::doors::udp {

wire::UdpConnectionId ConnectionIds::issue(Instant now, const IpAddress& source) const {
  return id_for(source, epoch_of(now));
}

bool ConnectionIds::accepts(Instant now, const IpAddress& source, wire::UdpConnectionId id) const {
  const std::uint64_t epoch = epoch_of(now);
  return id == id_for(source, epoch) || id == id_for(source, epoch - 1);
}

std::uint64_t ConnectionIds::epoch_of(Instant now) const {
  return static_cast<std::uint64_t>((now.time_since_epoch() + unix_time_at_zero_) / kEpoch);
}

// An address of either family is another number of bytes, and the hash covers how many there are.
wire::UdpConnectionId ConnectionIds::id_for(const IpAddress& source, std::uint64_t epoch) const {
  std::array<std::byte, sizeof epoch + 16> hashed;
  const Bytes ip = source.bytes();
  std::memcpy(hashed.data(), &epoch, sizeof epoch);
  std::ranges::copy(ip, hashed.begin() + sizeof epoch);
  return wire::UdpConnectionId{siphash_2_4(key_, Bytes(hashed).first(sizeof epoch + ip.size())) &
                               wire::kUdpConnectionIdBits};
}

}  // namespace torq::doors::udp
