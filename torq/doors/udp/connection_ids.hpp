// SPDX-License-Identifier: MIT
#pragma once
// The connection IDs of BEP 15: what a client can only know that receives at the address which it claims. Nothing is
// remembered of them; each is a keyed hash of the address and of the time, in epochs of two minutes.
//
// The threat is one who names a victim as the source, to have it flooded or put into a swarm. He sees IDs for his own
// addresses only; to guess one of 62 bits, of which two are good at any time, he needs some 2^61 packets.
//
// The port is no part of it: behind a NAT it changes, and libtorrent keeps one ID per address of a tracker. All sockets
// and workers share the key for the same reason, and it survives a restart. Immutable; any thread.

#include "torq/base/address.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/siphash.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::doors::udp {

class ConnectionIds {
 public:
  static constexpr Duration kEpoch = std::chrono::minutes(2);

  /// `unix_time_at_zero` is that of Instant(): epochs are those of the wall clock, the same after a restart.
  ConnectionIds(const SipKey& key, Duration unix_time_at_zero) : key_(key), unix_time_at_zero_(unix_time_at_zero) {}

  wire::UdpConnectionId issue(Instant now, const IpAddress& source) const;
  /// For two to four minutes after it was issued.
  bool accepts(Instant now, const IpAddress& source, wire::UdpConnectionId id) const;

 private:
  std::uint64_t epoch_of(Instant now) const;
  wire::UdpConnectionId id_for(const IpAddress& source, std::uint64_t epoch) const;

  SipKey key_;
  Duration unix_time_at_zero_;
};

}  // namespace torq::doors::udp
