// SPDX-License-Identifier: MIT
#pragma once
// One core's share of a server: a thread with its own sockets, endpoint, doors and event loop. What workers share is
// passed in and outlives them.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "apps/torq/log/log.hpp"
#include "apps/torq/server/connection_log.hpp"
#include "apps/torq/server/listeners.hpp"
#include "torq/base/clock.hpp"
#include "torq/doors/quic_json/service.hpp"
#include "torq/doors/udp/door.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/tcp_server.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/web/site.hpp"
#include "torq/wire/messages.hpp"

namespace torq::app {

struct Shared {
  tracker::SwarmStore& store;
  const tracker::Tracker& tracker;
  const files::FileTree& files;
  const web::Vitals& vitals;
  wire::Limits limits;
  const doors::udp::ConnectionIds& udp_ids;
  std::string alt_svc;  ///< what the HTTP/1.1 door says of HTTP/3 (RFC 7838)
  Log& log;
};

/// Of one worker, since its start.
struct WorkerFigures {
  doors::quic_json::Counts json;
  web::Counts http3;
  web::Counts http1;
  doors::udp::Counts udp;
  quic::Counts quic;
  net::TcpCounts tcp;
  net::DatagramCounts datagrams;
  std::uint64_t connections = 0;       ///< of QUIC, now
  std::uint64_t http_connections = 0;  ///< of TCP, now
  std::uint64_t memory = 0;            ///< bytes that QUIC connections hold now
  std::uint64_t http_memory = 0;       ///< bytes that those of TCP hold now
  std::vector<Tally> failures;         ///< connections of QUIC, by reason
};

class Worker {
 public:
  Worker(const Shared& shared, quic::EndpointOptions options, const net::TcpLimits& tcp_limits, WorkerSockets sockets);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts all threads. Datagrams that reach the wrong worker are handed over between them. Each thread calls `ended`
  /// as its last act.
  static void start(std::span<const std::unique_ptr<Worker>> workers, const std::function<void()>& ended);

  // From any thread:

  /// Connections from now on see this certificate; those there are stay as they are.
  void use(quic::ServerTls tls);
  /// See quic::Endpoint::use() and net::TcpServer::use().
  void use(const quic::Limits& limits, const net::TcpLimits& tcp_limits);
  /// Takes no new connections, answers what was asked, closes connections as they fall silent and all of them after
  /// `deadline`; then calls `drained` on its thread. It goes on receiving until stop(): its sockets still get datagrams
  /// for workers that are not done.
  void drain(Duration deadline, std::function<void()> drained);
  void stop();
  /// `told` is called on the worker's thread when it comes to it: a worker that hangs does not answer.
  void ask(std::function<void(const WorkerFigures&)> told);
  /// For the connections to come.
  void renew_secrets(const quic::Secrets& secrets);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::app
