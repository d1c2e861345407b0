// SPDX-License-Identifier: MIT
#pragma once
// Everything that a peer can make an Endpoint hold or wait for. docs/limits.md has the arithmetic of what a connection
// costs; each limit that is reached is counted (counts.hpp, LimitHit).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "torq/base/address_prefix.hpp"

namespace torq::quic {

/// When a newcomer has to prove its address, at the price of a round trip (RFC 9000 8.1.2).
enum class RetryPolicy : std::uint8_t {
  kAuto,    ///< while Limits::half_open is reached, in all or for its address prefix
  kAlways,  ///< whenever it brings no token
  kNever,   ///< not at all: at its prefix's limit it is turned away (ngtcp2 asks when a first packet is broken up)
};

/// Of the clients behind one IPv4 address or one IPv6 /56, which is what one customer has.
struct PrefixLimits {
  std::size_t connections = 1'000;
  std::size_t half_open = 200;
  std::size_t handshakes_per_second = 200;  ///< begun; as many may come at once
};

struct Limits {
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  /// From the moment that a peer opens a stream to the first byte of its request, and to the last.
  std::chrono::nanoseconds first_byte_timeout = std::chrono::seconds(10);
  std::chrono::nanoseconds request_timeout = std::chrono::seconds(60);
  std::uint64_t streams = 100;                    ///< bidirectional, open at a time, opened by the peer
  std::uint64_t unidirectional_streams = 8;       ///< the same; an HTTP/3 client needs three, some grease with more
  std::uint64_t stream_window = 64 * 1024;        ///< bytes received and not consumed, per stream
  std::uint64_t connection_window = 1024 * 1024;  ///< the same, over all streams
  /// What a newcomer gets of connection_window; it doubles while half of it is in use and there is memory.
  std::optional<std::uint64_t> first_window;
  std::size_t max_unsent = 64 * 1024;                ///< bytes accepted by write() and not sent yet, per stream
  std::size_t max_unacknowledged = 8 * 1024 * 1024;  ///< bytes written and not yet acknowledged, over all streams
  std::size_t connections = 10'000;
  /// Bytes that all connections hold, GnuTLS's sessions not counted (some 10 KiB each). From three quarters of it on,
  /// each holds at most kFairShare to be sent and its window grows no more; above it newcomers are turned away and the
  /// connection that holds most is closed, unless that is less than kFairShare.
  std::size_t memory = 1024 * 1024 * 1024;
  static constexpr std::size_t kFairShare = 128 * 1024;
  RetryPolicy retry = RetryPolicy::kAuto;
  std::size_t half_open = 1'000;  ///< handshakes under way; above it newcomers prove their address first (Retry)
  PrefixLimits per_prefix;
  std::vector<AddressPrefix> exempt;  ///< from per_prefix
  std::size_t closing = 2'000;        ///< connections whose CONNECTION_CLOSE is kept to be repeated
  /// Answers without a connection that wait to be sent: as many as datagrams come before any is, or a flood of
  /// newcomers would leave a good one among them unanswered. Of some 100 bytes each.
  std::size_t stateless = 2'048;
  std::size_t resets_per_second = 10'000;  ///< stateless resets (RFC 9000 10.3.3)
  std::size_t datagrams_per_wake = 2'048;  ///< received before timers and other sockets have their turn
};

}  // namespace torq::quic
