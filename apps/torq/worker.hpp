// SPDX-License-Identifier: MIT
#pragma once
// One core's share of a server: a thread with its own sockets, endpoint, doors and event loop. What workers share is
// passed in and outlives them.

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "apps/torq/connection_log.hpp"
#include "apps/torq/listeners.hpp"
#include "apps/torq/log.hpp"
#include "torq/base/clock.hpp"
#include "torq/doors/quic_json/service.hpp"
#include "torq/doors/udp/connection_ids.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/web/vitals.hpp"
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
  doors::quic_json::Counts counts;
  std::uint64_t connections = 0;  ///< now
  std::uint64_t forwarded = 0;    ///< datagrams that came here and belonged to another worker
  std::vector<Tally> failures;    ///< connections, by reason
};

class Worker {
 public:
  Worker(const Shared& shared, quic::EndpointOptions options, WorkerSockets sockets);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts all threads. Datagrams that reach the wrong worker are handed over between them. Each thread calls `ended`
  /// as its last act.
  static void start(std::span<const std::unique_ptr<Worker>> workers, const std::function<void()>& ended);

  // From any thread:

  /// Connections from now on see this certificate; those there are stay as they are.
  void use(quic::ServerTls tls);
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
