// SPDX-License-Identifier: MIT
#pragma once
// Everything that a peer can make a TcpServer hold or wait for, and how often it came to that. Counts are plain numbers
// of the server's thread. docs/limits.md has the settings.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "torq/base/address_prefix.hpp"
#include "torq/base/clock.hpp"

namespace torq::net {

struct TcpLimits {
  std::size_t connections = 10'000;
  std::size_t connections_per_prefix = 1'000;  ///< of one IPv4 address or IPv6 /56
  std::vector<AddressPrefix> exempt{};         ///< from that
  /// Bytes that all sessions hold, of requests and of answers. Above it newcomers are turned away, and a connection
  /// that holds more than kFairShare is closed when its turn comes.
  std::size_t memory = 256 * 1024 * 1024;
  static constexpr std::size_t kFairShare = 128 * 1024;
  Duration idle = std::chrono::seconds(60);        ///< between two requests
  Duration request = std::chrono::seconds(15);     ///< from the first byte of a request, or the connection, to its end
  Duration stalled = std::chrono::seconds(30);     ///< without the peer taking a byte of its answer
  Duration lingering = std::chrono::seconds(2);    ///< for a peer that was refused to hear of it
  Duration tick = std::chrono::milliseconds(500);  ///< how often the times above are looked at
};

/// Since the start.
struct TcpCounts {
  std::uint64_t accepted = 0;
  std::uint64_t full = 0;         ///< times that `connections` was reached, whether somebody idle made room or not
  std::uint64_t prefix_full = 0;  ///< newcomers turned away by `connections_per_prefix`
  std::uint64_t memory = 0;       ///< newcomers turned away, and connections closed, by `memory`
  std::uint64_t refused = 0;      ///< newcomers turned away, whatever for
  std::uint64_t starved = 0;      ///< times that the machine had no descriptor, or no memory, for a newcomer
  std::uint64_t overdue = 0;      ///< connections ended by `request`
  std::uint64_t stalled = 0;      ///< connections ended by `stalled`
  std::uint64_t broken = 0;       ///< answers that could not be completed, as when a file has shrunk
};

}  // namespace torq::net
