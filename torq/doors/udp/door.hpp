// SPDX-License-Identifier: MIT
#pragma once
// UDP trackers (BEP 15): one packet asks, one answers. It is silent towards whoever has not proved to receive at its
// address; the one exception is the connect, whose answer is no larger than its request. One per worker and thread.
// Specification: docs/wire.md.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "torq/base/random.hpp"
#include "torq/doors/udp/connection_ids.hpp"
#include "torq/net/datagram_application.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::doors::udp {

/// Packets since the start, by what became of them.
struct Counts {
  std::uint64_t connects = 0;
  std::uint64_t announces = 0;
  std::uint64_t scrapes = 0;
  std::uint64_t not_understood = 0;  ///< answered with an error
  std::uint64_t ignored = 0;         ///< not answered: no packet of this protocol, or from who has proved nothing
};

class Door final : public net::DatagramApplication {
 public:
  /// `tracker` outlives the door; other workers use it, too.
  Door(const tracker::Tracker& tracker, const ConnectionIds& ids, std::uint64_t seed);

  void foresee(std::span<const Bytes> packets) override;
  std::size_t answer(Instant now, const SocketAddress& source, Bytes packet, Room room) override;

  const Counts& counts() const { return counts_; }

 private:
  std::size_t announce(Instant now, const IpAddress& source, wire::UdpTransaction transaction, Bytes packet, Room room);
  std::size_t scrape(Instant now, wire::UdpTransaction transaction, Bytes packet, Room room);
  std::size_t refuse(wire::UdpTransaction transaction, std::string_view text, Room room);
  std::size_t ignore();

  const tracker::Tracker& tracker_;
  const ConnectionIds ids_;
  Random random_;
  Counts counts_;
  std::vector<SocketAddress> peers_;  // whose memory each announce uses again
};

}  // namespace torq::doors::udp
