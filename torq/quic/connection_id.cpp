// SPDX-License-Identifier: MIT
#include "torq/quic/connection_id.hpp"

#include "torq/quic/invariants.hpp"

namespace torq::quic {

ConnectionId make_connection_id(Entropy& entropy, std::size_t length, WorkerSlot slot) {
  std::array<std::byte, ConnectionId::kMaxLength> bytes;
  const auto id = std::span(bytes).first(length);
  // Redraw when the stamped byte would overflow, so that all its values stay equally likely.
  unsigned stamped = 256;
  while (stamped > 255) {
    entropy.fill(id);
    const unsigned drawn = std::to_integer<unsigned>(id[0]);
    stamped = drawn - drawn % slot.count + slot.index;
  }
  id[0] = static_cast<std::byte>(stamped);
  return ConnectionId(id);
}

std::optional<unsigned> worker_named_by(Bytes datagram, unsigned worker_count) {
  const auto header = parse_invariants(datagram, kServerCidLength);
  if (!header || header->destination.size() != kServerCidLength) return std::nullopt;
  return std::to_integer<unsigned>(header->destination[0]) % worker_count;
}

}  // namespace torq::quic
