// SPDX-License-Identifier: MIT
#pragma once
// A client and a server endpoint on a virtual clock, with a Link between them and the echo application on top. Time
// jumps from one thing that is due to the next, so an hour costs what happens in it. Everything follows from the seed,
// but for the bits that GnuTLS draws by itself; with Ed25519 certificates those change no size and no time.

#include <functional>

#include "echo.hpp"
#include "link.hpp"
#include "party.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::simulation {

using namespace std::chrono_literals;

struct Settings {
  quic::Limits server;
  quic::Limits client;
  quic::WorkerSlot worker;
  quic::Trust trust = quic::TrustAnyone{};
  std::string server_name = "tracker.example";
  Duration unix_time_at_zero{};
};

/// Made once for the whole run: what follows from it has the same size each time.
const quic::CertificatePair& test_certificate();

/// Any two applications.
class World {
 public:
  World(std::uint64_t seed, Settings settings, Application& at_server, Application& at_client);

  Link link;
  Party server;
  Party client;

  Instant now() const { return now_; }

  /// Begins a connection.
  quic::ConnectionHandle connect(const quic::Keepsakes& keepsakes = {});

  void run_for(Duration duration);
  /// False when it did not come true within `limit`.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition, Duration limit = 120s);
  /// Until nothing is under way and nobody plans anything for the next seconds.
  void run_until_quiet();
  /// After an endpoint was used from outside: what follows at this very instant.
  void act();

  /// The server's view of the last connection; null when it has none.
  quic::Connection* server_connection();
  quic::Connection* client_connection() { return client.endpoint().find(last_); }
  quic::ConnectionHandle last() const { return last_; }
  void close_from_client(std::uint64_t code = quic::kNoError);
  void close_from_server(std::uint64_t code = quic::kNoError);

 private:
  std::optional<Instant> next_step() const;

  quic::ClientTls tls_;
  std::string server_name_;
  Instant now_{std::chrono::hours(1)};
  quic::ConnectionHandle last_{};
};

struct Echo {
  Responder responder;
  Requester requester;
};

/// Requests and answers.
class Simulation : public Echo, public World {
 public:
  explicit Simulation(std::uint64_t seed, Settings settings = {}) : World(seed, settings, responder, requester) {}

  /// Connects and runs until both sides know; fails the test when that takes longer than a minute.
  quic::ConnectionHandle connected(const quic::Keepsakes& keepsakes = {});

  /// Asks on the last connection, for an answer of that size; returns the request's number.
  std::size_t request(std::uint64_t answer_size, std::size_t request_size = kSmallestRequest);
  std::size_t request(Requester::Request request);
  [[nodiscard]] bool run_until_answered(Duration limit = 120s);
};

}  // namespace torq::simulation
