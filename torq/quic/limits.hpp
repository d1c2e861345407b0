// SPDX-License-Identifier: MIT
#pragma once
// Everything that a peer can make an Endpoint hold or wait for. Memory that one connection can pin in receive buffers
// is at most connection_window, in send buffers at most max_unacknowledged; unless that is more than streams x
// max_unsent, streams that nobody reads can hold up the others of their connection.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace torq::quic {

struct Limits {
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  std::uint64_t streams = 100;                       ///< bidirectional, open at a time, opened by the peer
  std::uint64_t unidirectional_streams = 3;          ///< what an HTTP/3 client needs; ignored until a door speaks it
  std::uint64_t stream_window = 64 * 1024;           ///< bytes received and not consumed, per stream
  std::uint64_t connection_window = 1024 * 1024;     ///< the same, over all streams
  std::size_t max_unsent = 64 * 1024;                ///< bytes accepted by write() and not sent yet, per stream
  std::size_t max_unacknowledged = 8 * 1024 * 1024;  ///< bytes written and not yet acknowledged, over all streams
  std::size_t connections = 10'000;
  std::size_t half_open = 1'000;  ///< handshakes under way; above it newcomers prove their address first (Retry)
  std::size_t closing = 2'000;    ///< connections whose CONNECTION_CLOSE is kept to be repeated
  std::size_t stateless = 256;    ///< answers without a connection that wait to be sent
  std::size_t resets_per_second = 10'000;  ///< stateless resets (RFC 9000 10.3.3)
};

}  // namespace torq::quic
