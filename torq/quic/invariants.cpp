// SPDX-License-Identifier: MIT
#include "torq/quic/invariants.hpp"

namespace torq::quic {
namespace {

constexpr std::byte kLongHeader{0x80};
constexpr std::size_t kVersionAt = 1;
constexpr std::size_t kDestinationAt = 5;

// A length byte and that many bytes, taken off the front.
std::optional<Bytes> take_id(Bytes& rest) {
  if (rest.empty()) return std::nullopt;
  const auto length = std::to_integer<std::size_t>(rest[0]);
  if (rest.size() - 1 < length) return std::nullopt;
  const Bytes id = rest.subspan(1, length);
  rest = rest.subspan(1 + length);
  return id;
}

}  // namespace

std::optional<Invariants> parse_invariants(Bytes datagram, std::size_t short_destination_length) {
  if (datagram.empty()) return std::nullopt;
  if ((datagram[0] & kLongHeader) == std::byte{0}) {
    if (datagram.size() - 1 < short_destination_length) return std::nullopt;
    return Invariants{false, 0, datagram.subspan(1, short_destination_length), {}};
  }
  if (datagram.size() < kDestinationAt) return std::nullopt;
  std::uint32_t version = 0;
  for (const std::byte b : datagram.subspan(kVersionAt, 4)) version = version << 8 | std::to_integer<std::uint32_t>(b);
  Bytes rest = datagram.subspan(kDestinationAt);
  const auto destination = take_id(rest);
  if (!destination) return std::nullopt;
  const auto source = take_id(rest);
  if (!source) return std::nullopt;
  return Invariants{true, version, *destination, *source};
}

}  // namespace torq::quic
