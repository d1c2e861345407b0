// SPDX-License-Identifier: MIT
#pragma once
// One side of a simulated conversation: an endpoint with seeded entropy and the application on top, driven as
// endpoint.hpp says. It holds the endpoint to what every driver relies on: a deadline that is due leads to progress,
// and nothing comes from a connection after its Closed event.

#include <memory>
#include <set>

#include "link.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::simulation {

using quic::SeededEntropy;

class Application {
 public:
  virtual ~Application() = default;
  virtual void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) = 0;
};

class Party {
 public:
  Party(Direction outward, std::uint64_t seed, quic::EndpointOptions options, Application& application);

  quic::Endpoint& endpoint() { return *endpoint_; }
  const quic::EndpointOptions& options() const { return options_; }
  /// As if the process had ended and begun again: the keys stay, the connections are gone.
  void restart();

  void handle(Instant now, const Arrival& arrival);
  /// Handles a deadline that has come, then events and datagrams until neither is left.
  void act(Instant now, Link& link);
  std::optional<Instant> next_timeout() const { return endpoint_->next_timeout(); }

  std::size_t events() const { return event_count_; }

 private:
  void drain(Instant now, Link& link);
  void deliver(Instant now, const quic::Event& event);
  void transmit(Instant now, const quic::Transmit& run, Link& link);

  Direction outward_;
  SeededEntropy entropy_;
  quic::EndpointOptions options_;
  Application& application_;
  std::unique_ptr<quic::Endpoint> endpoint_;
  std::set<quic::ConnectionHandle> ended_;
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
  std::size_t event_count_ = 0;
};

}  // namespace torq::simulation
