// SPDX-License-Identifier: MIT
#pragma once
// Stands between an endpoint and its door, and writes a line for each connection that failed: within what LineLimit
// allows, for any peer can make connections fail. At the level `debug` all others have one, too. On its worker's
// thread.

#include "apps/torq/log/line_limit.hpp"
#include "apps/torq/log/log.hpp"
#include "torq/net/quic_driver.hpp"

namespace torq::app {

/// How often something happened that has a name; the name is a literal.
struct Tally {
  std::string_view name;
  std::uint64_t count = 0;
};

void add(std::vector<Tally>& tallies, std::string_view name, std::uint64_t count);

class ConnectionLog final : public net::QuicApplication {
 public:
  ConnectionLog(net::QuicApplication& door, Log& log) : door_(door), log_(log) {}

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override;
  std::size_t foresee(quic::Endpoint& endpoint) override { return door_.foresee(endpoint); }
  /// About once a second: says how many more there were.
  void beat(Instant now);
  /// At the end of its worker: says so of those whose time had not come.
  void finish() { beat(Instant::max()); }

  /// Connections that there were; who was refused one is counted by the endpoint.
  const std::vector<Tally>& failures() const { return failures_; }

 private:
  void note_end(Instant now, const SocketAddress& peer, const quic::CloseReason& reason);

  net::QuicApplication& door_;
  Log& log_;
  LineLimit limit_;
  std::vector<Tally> failures_;  // those that there were
};

}  // namespace torq::app
