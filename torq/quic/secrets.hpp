// SPDX-License-Identifier: MIT
#pragma once
// The keys of a server that outlive its connections, shared by all workers, so that any of them can check what another
// made. Whoever makes the endpoints keeps them (and renews them); here they are plain values.

#include <array>
#include <cstddef>
#include <optional>

#include "torq/base/random.hpp"

namespace torq::quic {

/// One generation of what protects tickets and tokens. Who learns it can read early tickets' sessions and prove foreign
/// addresses: hence it does not live long.
struct TicketKeys {
  std::array<std::byte, 64> ticket{};  ///< TLS session tickets (RFC 8446 4.6.1); GnuTLS derives working keys from it
  std::array<std::byte, 32> token{};   ///< Retry and NEW_TOKEN tokens (RFC 9000 8.1)
};

struct Secrets {
  TicketKeys current;
  std::optional<TicketKeys> previous;  ///< what it made is still taken
  /// Of stateless reset tokens (RFC 9000 10.3). Not renewed: the connections of a process that died know nothing else
  /// of the next one.
  std::array<std::byte, 32> reset{};
};

TicketKeys make_ticket_keys(Entropy& entropy);
/// Without a previous generation.
Secrets make_secrets(Entropy& entropy);

}  // namespace torq::quic
