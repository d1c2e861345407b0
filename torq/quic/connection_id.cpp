// SPDX-License-Identifier: MIT
#include "torq/quic/connection_id.hpp"

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
  // RFC 8999: long header 1|flags(7) version(32) dcid_length(8) dcid…; short header 0|flags(7) dcid….
  if (datagram.size() < 1 + kServerCidLength) return std::nullopt;
  if ((datagram[0] & std::byte{0x80}) == std::byte{0}) return std::to_integer<unsigned>(datagram[1]) % worker_count;
  constexpr std::size_t kLengthAt = 5;
  if (datagram.size() < kLengthAt + 1 + kServerCidLength) return std::nullopt;
  if (std::to_integer<std::size_t>(datagram[kLengthAt]) != kServerCidLength) return std::nullopt;
  return std::to_integer<unsigned>(datagram[kLengthAt + 1]) % worker_count;
}

}  // namespace torq::quic
