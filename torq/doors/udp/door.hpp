// SPDX-License-Identifier: MIT
#pragma once
// UDP trackers (BEP 15): one packet asks, one answers. It is silent towards whoever has not proved to receive at its
// address; the one exception is the connect, whose answer is no larger than its request. One per worker and thread.
// Specification: docs/wire.md.

#include <array>
#include <vector>

#include "torq/base/random.hpp"
#include "torq/doors/udp/connection_ids.hpp"
#include "torq/net/datagram_application.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::doors::udp {

class Door final : public net::DatagramApplication {
 public:
  /// `tracker` outlives the door; other workers use it, too.
  Door(const tracker::Tracker& tracker, const ConnectionIds& ids, std::uint64_t seed);

  std::size_t answer(Instant now, const SocketAddress& source, Bytes packet, Room room) override;

 private:
  std::size_t announce(Instant now, const IpAddress& source, wire::UdpTransaction transaction, Bytes packet, Room room);
  std::size_t scrape(Instant now, wire::UdpTransaction transaction, Bytes packet, Room room) const;

  const tracker::Tracker& tracker_;
  const ConnectionIds ids_;
  Random random_;
  std::vector<SocketAddress> peers_;  // whose memory each announce uses again
};

}  // namespace torq::doors::udp
