// SPDX-License-Identifier: MIT
#pragma once
// The fields of a datagram that every version of QUIC has (RFC 8999): enough to find its connection, or to answer that
// its version is not spoken here. Nothing is checked beyond that.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "torq/base/bytes.hpp"

namespace torq::quic {

//   long   1|flags(7)  version(32)  length(8) destination…  length(8) source…  …
//   short  0|flags(7)  destination…  …
struct Invariants {
  bool is_long = false;
  std::uint32_t version = 0;  ///< 0: Version Negotiation; meaningless in a short header
  Bytes destination;          ///< connection IDs, into the datagram: up to 255 bytes in a version that is not ours
  Bytes source;               ///< empty in a short header
};

/// QUIC version 1 sets one of the two top bits of a datagram's first byte, every version the first one of a long
/// header: another protocol may share the port that leaves both clear (RFC 9443). It may not if we allow our peers to
/// clear the second one (RFC 9287): servers do not.
inline bool could_be_quic(Bytes datagram) {
  return !datagram.empty() && (datagram[0] & std::byte{0xc0}) != std::byte{0};
}

/// Of the first packet in the datagram. A short header does not tell how long its destination ID is; the receiver
/// knows.
std::optional<Invariants> parse_invariants(Bytes datagram, std::size_t short_destination_length);

}  // namespace torq::quic
