// SPDX-License-Identifier: MIT
#pragma once
// What the way to a QUIC server does to datagrams, found out without a connection: a datagram of a version that nobody
// speaks is answered with Version Negotiation (RFC 9000 6.1), by every server, whatever its certificate or load. So one
// knows whether anything comes back, how long it takes, how much is lost, and how large a datagram may be on the way
// there. Blocks its caller.

#include <cstdint>
#include <optional>
#include <system_error>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/clock.hpp"

namespace torq {
class Entropy;
}

namespace torq::app {

struct EchoPlan {
  std::vector<std::size_t> sizes;  ///< of the datagrams, in order; each from 1200, which servers want (RFC 9000 14.1)
  Duration gap{};                  ///< from one to the next
  Duration patience{};             ///< after the last one
};

struct Echo {
  std::size_t size = 0;          ///< of the datagram, without the headers of IP and UDP
  std::optional<Duration> took;  ///< until the answer came, if one did
};

struct EchoReport {
  std::vector<Echo> echoes;  ///< in the plan's order
  std::vector<std::uint32_t>
      versions;  ///< that the server says it speaks; those kept for exercise (0x?a?a?a?a) are not
  /// No way from here (ENETUNREACH…), or the server's machine says that nobody listens there (ECONNREFUSED).
  std::error_code refused;

  std::size_t answered() const;
  /// Of the answers; nothing without one.
  std::optional<Duration> median() const;
  /// Bytes; nothing without an answer.
  std::optional<std::size_t> largest() const;
};

EchoReport echo(const SocketAddress& server, const EchoPlan& plan, Entropy& entropy);

}  // namespace torq::app
