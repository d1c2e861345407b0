// SPDX-License-Identifier: MIT
#pragma once
// Connections that have ended but whose peer may not know it (RFC 9000 10.2): for three probe time-outs each datagram
// for them is absorbed, and the 1st, 2nd, 4th, 8th… answered with the same CONNECTION_CLOSE, so that one lost packet
// does not leave the peer to its idle time-out, and a flood is not reflected.

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/quic/connection_id.hpp"

namespace torq::quic {

class ClosingTable {
 public:
  /// Holds at most `capacity` connections; above it the oldest are forgotten.
  ClosingTable(std::size_t capacity, ConnectionIdHash hash) : capacity_(capacity), by_id_(0, hash) {}

  /// `packet` is empty for a connection that the peer has closed: it is absorbed in silence.
  void add(Instant until, std::vector<ConnectionId> ids, std::vector<std::byte> packet);

  struct Match {
    Bytes reply;  ///< empty: say nothing
  };
  /// A datagram for `id` came; nothing when no ended connection had that ID.
  std::optional<Match> find(const ConnectionId& id);

  void expire(Instant now);
  std::optional<Instant> next_timeout() const;

 private:
  struct Entry {
    Instant until;
    std::vector<ConnectionId> ids;
    std::vector<std::byte> packet;
    std::uint64_t seen = 0;
  };

  void drop_oldest();

  std::size_t capacity_;
  std::deque<Entry> entries_;  // a deque keeps references to its elements when its ends change
  std::unordered_map<ConnectionId, Entry*, ConnectionIdHash> by_id_;
};

}  // namespace torq::quic
