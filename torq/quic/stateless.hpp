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
#include "torq/quic/invariants.hpp"
#include "torq/quic/secrets.hpp"
#include "torq/quic/types.hpp"

struct ngtcp2_pkt_hd;

namespace torq::quic {

using Datagram = std::vector<std::byte>;

/// For a datagram of a version that is not ours.
Datagram write_version_negotiation(const Invariants& asked, Entropy& entropy);

/// The clock of tokens: it must go on where it was after a restart, and be the same for all workers. The Unix epoch is
/// its zero.
enum class TokenTime : std::int64_t {};

/// Asks the client to repeat its Initial with a token that proves its address (RFC 9000 8.1.2).
Datagram write_retry(TokenTime now, const ngtcp2_pkt_hd& initial, const Path& path, const ConnectionId& new_source,
                     const Secrets& secrets);

/// What a NEW_TOKEN frame gives a client to prove its IP address with the next time (RFC 9000 8.1.3).
Datagram make_address_token(TokenTime now, const SocketAddress& client, const Secrets& secrets);

enum class TokenVerdict : std::uint8_t {
  kNone,
  kRetried,  ///< one of our Retry tokens
  kKnown,    ///< one that make_address_token made
  kInvalid,
};

struct TokenCheck {
  TokenVerdict verdict = TokenVerdict::kNone;
  ConnectionId original_destination;  ///< kRetried
};
/// A token that is not one of our Retry tokens counts as none, as does an address token that is too old or another
/// address's (RFC 9000 8.1.3). A Retry token that is expired or from another address is invalid: repeating Retry would
/// not help.
TokenCheck check_token(TokenTime now, const ngtcp2_pkt_hd& initial, const Path& path, const Secrets& secrets);

/// An Initial with CONNECTION_CLOSE and a transport error code, for a connection that is not begun.
Datagram write_refusal(const ngtcp2_pkt_hd& initial, std::uint64_t code);

/// What tells a peer that its connection is forgotten (RFC 9000 10.3); nothing when `trigger_size` leaves no room for
/// one that is smaller.
std::optional<Datagram> write_stateless_reset(const ConnectionId& id, std::size_t trigger_size, const Secrets& secrets,
                                              Entropy& entropy);

std::array<std::byte, 16> reset_token_of(const ConnectionId& id, const Secrets& secrets);

}  // namespace torq::quic
