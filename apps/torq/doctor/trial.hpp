// SPDX-License-Identifier: MIT
#pragma once
// One handshake with one address, to see how it goes: no name is resolved, nobody is trusted, nothing is asked. Blocks
// its caller.

#include <optional>
#include <string>

#include "torq/base/address.hpp"
#include "torq/base/clock.hpp"
#include "torq/quic/certificate_facts.hpp"
#include "torq/quic/types.hpp"

namespace torq::app {

struct Trial {
  std::optional<Duration> took;                       ///< nothing: there was no connection, see `end`
  std::optional<quic::CertificateFacts> certificate;  ///< of a server that has shown a readable one
  quic::CloseReason end;                              ///< kLocal after a handshake that succeeded
};

/// `name`: what the server is asked for (SNI), or an address.
Trial try_handshake(const SocketAddress& server, const std::string& name, Duration patience);

}  // namespace torq::app
