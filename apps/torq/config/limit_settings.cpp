// SPDX-License-Identifier: MIT
#include "apps/torq/config/limit_settings.hpp"

#include <algorithm>

namespace torq::app {
namespace {

// A request waits in its stream's window until it is whole, and one byte more must fit to see that it is too large.
constexpr std::uint64_t kWindowBeyondRequest = 4 * 1024;
// Enough for all requests that a usual client has under way.
constexpr std::uint64_t kFirstWindow = 256 * 1024;
constexpr std::size_t kMebibyte = 1024 * 1024;

unsigned share_of(unsigned all, unsigned workers) { return (all + workers - 1) / workers; }

}  // namespace

quic::Limits limits_of_worker(const LimitSettings& settings, unsigned workers) {
  const auto share = [workers](unsigned all) { return share_of(all, workers); };
  quic::Limits limits;
  limits.retry = settings.retry;
  limits.half_open = share(settings.retry_threshold);
  limits.connections = share(settings.max_connections);
  limits.per_prefix.connections = share(settings.max_connections_per_prefix);
  limits.per_prefix.half_open = share(settings.max_half_open_per_prefix);
  limits.per_prefix.handshakes_per_second = share(settings.max_handshakes_per_prefix);
  limits.exempt = settings.exempt;
  limits.memory = settings.max_memory * kMebibyte / workers;
  limits.streams = settings.max_streams;
  limits.stream_window = settings.max_request_bytes + kWindowBeyondRequest;
  limits.connection_window = limits.streams * limits.stream_window;
  limits.first_window = std::max(kFirstWindow, limits.stream_window);
  limits.max_unacknowledged = settings.max_unread_response;
  limits.first_byte_timeout = settings.first_byte_timeout;
  limits.request_timeout = settings.request_timeout;
  limits.datagrams_per_wake = settings.max_datagrams_per_wake;
  limits.resets_per_second = settings.max_resets_per_second;
  return limits;
}

net::TcpLimits tcp_limits_of_worker(const LimitSettings& settings, unsigned workers) {
  net::TcpLimits limits;
  limits.connections = share_of(settings.max_http_connections, workers);
  limits.connections_per_prefix = share_of(settings.max_http_connections_per_prefix, workers);
  limits.exempt = settings.exempt;
  limits.memory = settings.max_http_memory * kMebibyte / workers;
  limits.request = settings.http_request_timeout;
  limits.idle = settings.http_idle_timeout;
  limits.stalled = settings.http_stalled_timeout;
  return limits;
}

swarm::StoreLimits limits_of_store(const LimitSettings& settings) {
  return {.swarms = settings.max_swarms,
          .peers = settings.max_peers,
          .peers_per_swarm = settings.max_peers_per_swarm,
          .peers_per_address = settings.max_peers_per_address,
          .exempt = settings.exempt};
}

}  // namespace torq::app
