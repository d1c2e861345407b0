// SPDX-License-Identifier: MIT
#pragma once
// The datagrams that an endpoint sends without keeping a connection for them: Version Negotiation, Retry, an immediate
// CONNECTION_CLOSE, stateless reset. Each is smaller than what it answers, or comes at most once per 1200 bytes.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/quic/connection_id.hpp"
#include "torq/quic/types.hpp"

struct ngtcp2_pkt_hd;

namespace torq::quic {

/// Keys that every worker of a server shares, so that any of them can check what another made.
struct Secrets {
  std::array<std::byte, 32> token;
  std::array<std::byte, 32> reset;
};

Secrets make_secrets(Entropy& entropy);

using Datagram = std::vector<std::byte>;

/// The fields of a long header that every version of QUIC has (RFC 8999 5.1). IDs may be longer than a ConnectionId.
struct LongHeader {
  std::uint32_t version = 0;
  Bytes destination;
  Bytes source;
};
/// Nothing for a short header, and for one that the datagram is too short for.
std::optional<LongHeader> parse_long_header(Bytes datagram);

Datagram write_version_negotiation(const LongHeader& asked, Entropy& entropy);

/// Asks the client to repeat its Initial with a token that proves its address (RFC 9000 8.1.2).
Datagram write_retry(Instant now, const ngtcp2_pkt_hd& initial, const Path& path, const ConnectionId& new_source,
                     const Secrets& secrets);

enum class TokenVerdict : std::uint8_t { kNone, kProven, kInvalid };

struct TokenCheck {
  TokenVerdict verdict = TokenVerdict::kNone;
  ConnectionId original_destination;  ///< kProven
};
/// A token that is not one of our Retry tokens counts as none (RFC 9000 8.1.3); one that is, but expired or from
/// another address, as invalid: repeating Retry would not help.
TokenCheck check_token(Instant now, const ngtcp2_pkt_hd& initial, const Path& path, const Secrets& secrets);

/// An Initial with CONNECTION_CLOSE and a transport error code, for a connection that is not begun.
Datagram write_refusal(const ngtcp2_pkt_hd& initial, std::uint64_t code);

/// What tells a peer that its connection is forgotten (RFC 9000 10.3); nothing when `trigger_size` leaves no room for
/// one that is smaller.
std::optional<Datagram> write_stateless_reset(const ConnectionId& id, std::size_t trigger_size, const Secrets& secrets,
                                              Entropy& entropy);

std::array<std::byte, 16> reset_token_of(const ConnectionId& id, const Secrets& secrets);

}  // namespace torq::quic
