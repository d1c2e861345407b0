// SPDX-License-Identifier: MIT
#pragma once
// What a server spends at most on its clients, as it is set: for all workers together, in the units of the file. What
// each limit is for, and what they add up to: docs/limits.md. Pure.

#include <chrono>
#include <vector>

#include "torq/net/tcp_limits.hpp"
#include "torq/quic/limits.hpp"
#include "torq/swarm/limits.hpp"

namespace torq::app {

struct LimitSettings {
  quic::RetryPolicy retry = quic::RetryPolicy::kAuto;
  unsigned retry_threshold = 2'000;
  unsigned max_connections = 20'000;
  unsigned max_connections_per_prefix = 2'000;
  unsigned max_half_open_per_prefix = 400;
  unsigned max_handshakes_per_prefix = 400;
  std::vector<AddressPrefix> exempt{*parse_address_prefix("127.0.0.0/8"), *parse_address_prefix("::1")};
  unsigned max_memory = 2'048;  ///< MiB
  unsigned max_streams = 100;
  unsigned max_request_bytes = 64 * 1024;
  unsigned max_json_file_bytes = 64 * 1024 * 1024;
  unsigned numwant = 50;
  unsigned max_numwant = 200;
  unsigned max_unread_response = 8 * 1024 * 1024;
  std::chrono::seconds first_byte_timeout{10};
  std::chrono::seconds request_timeout{60};
  unsigned max_datagrams_per_wake = 2'048;
  unsigned max_resets_per_second = 10'000;
  unsigned max_http_connections = 20'000;
  unsigned max_http_connections_per_prefix = 2'000;
  unsigned max_http_memory = 512;  ///< MiB
  std::chrono::seconds http_request_timeout{15};
  std::chrono::seconds http_idle_timeout{60};
  std::chrono::seconds http_stalled_timeout{30};
  unsigned max_swarms = 10'000'000;
  unsigned max_peers = 20'000'000;
  unsigned max_peers_per_swarm = 2'000'000;
  unsigned max_peers_per_address = 200;

  bool operator==(const LimitSettings&) const = default;
};

/// What one of `workers` may spend. Connections are spread over the workers by chance: what is shared out is rounded
/// up, and one worker may turn a client away while another had room.
quic::Limits limits_of_worker(const LimitSettings& settings, unsigned workers);
net::TcpLimits tcp_limits_of_worker(const LimitSettings& settings, unsigned workers);

/// Of the store, which all workers share.
swarm::StoreLimits limits_of_store(const LimitSettings& settings);

}  // namespace torq::app
