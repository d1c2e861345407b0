// SPDX-License-Identifier: MIT
#include "simulation.hpp"

#include <gtest/gtest.h>

namespace torq::simulation {
namespace {

constexpr Duration kQuiet = 4s;

quic::ServerTls server_tls() {
  return *quic::ServerTls::create(test_certificate().cert_pem, test_certificate().key_pem);
}

quic::EndpointOptions server_options(std::uint64_t seed, const Settings& settings) {
  static const quic::ServerTls tls = server_tls();
  SeededEntropy entropy(seed);
  return {settings.server, quic::make_secrets(entropy), settings.worker, tls, settings.unix_time_at_zero};
}

quic::EndpointOptions client_options(std::uint64_t seed, const Settings& settings) {
  SeededEntropy entropy(seed);
  return {settings.client, quic::make_secrets(entropy), {}, std::nullopt, {}};
}

}  // namespace

const quic::CertificatePair& test_certificate() {
  static const quic::CertificatePair pair = [] {
    quic::CertificateTerms terms;
    terms.names = {"tracker.example"};
    terms.ips = {*parse_ip("192.0.2.1")};
    terms.not_before = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
    terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
    return *quic::make_self_signed(quic::KeyKind::kEd25519, terms);
  }();
  return pair;
}

World::World(std::uint64_t seed, Settings settings, Application& at_server, Application& at_client)
    : link(seed),
      server(Direction::kToClient, seed + 1, server_options(seed + 2, settings), at_server),
      client(Direction::kToServer, seed + 3, client_options(seed + 4, settings), at_client),
      tls_(*quic::ClientTls::create(settings.trust)),
      server_name_(std::move(settings.server_name)) {}

quic::ConnectionHandle World::connect(const quic::Keepsakes& keepsakes) {
  last_ = client.endpoint().connect(now_, link.client_path(), tls_, server_name_, keepsakes);
  act();
  return last_;
}

void World::act() {
  client.act(now_, link);
  server.act(now_, link);
}

std::optional<Instant> World::next_step() const {
  std::optional<Instant> next = link.next_arrival();
  for (const auto& other : {client.next_timeout(), server.next_timeout()}) {
    if (other && (!next || *other < *next)) next = other;
  }
  return next;
}

bool World::run_until(const std::function<bool()>& condition, Duration limit) {
  const Instant end = now_ + limit;
  act();
  while (!condition()) {
    const auto next = next_step();
    if (!next || *next > end) {
      now_ = end;
      return condition();
    }
    now_ = std::max(now_, *next);
    // All that is there is read before anything is answered, as a driver reads a batch.
    while (const auto arrival = link.receive(now_)) {
      (arrival->direction == Direction::kToServer ? server : client).handle(now_, *arrival);
    }
    act();
  }
  return true;
}

void World::run_for(Duration duration) {
  const bool never = run_until([] { return false; }, duration);
  ASSERT_FALSE(never);
}

void World::run_until_quiet() {
  ASSERT_TRUE(run_until([&] {
    const auto next = next_step();
    return !next || (!link.next_arrival() && *next > now_ + kQuiet);
  })) << "it does not come to rest";
}

quic::Connection* World::server_connection() {
  const auto handles = server.endpoint().connections();
  if (handles.empty()) return nullptr;
  return server.endpoint().find(*std::ranges::max_element(handles));
}

void World::close_from_client(std::uint64_t code) {
  client.endpoint().close(now_, last_, code);
  act();
}

void World::close_from_server(std::uint64_t code) {
  for (const auto handle : server.endpoint().connections()) server.endpoint().close(now_, handle, code);
  act();
}

quic::ConnectionHandle Simulation::connected(const quic::Keepsakes& keepsakes) {
  const std::size_t before = responder.connections;
  connect(keepsakes);
  EXPECT_TRUE(run_until([&] { return requester.connected(last()) && responder.connections > before; }, 60s));
  return last();
}

std::size_t Simulation::request(std::uint64_t answer_size, std::size_t request_size) {
  Requester::Request request;
  request.answer_size = answer_size;
  request.request_size = request_size;
  return this->request(request);
}

std::size_t Simulation::request(Requester::Request request) {
  request.connection = last();
  const std::size_t number = requester.ask(request);
  requester.flush(client.endpoint());
  act();
  return number;
}

bool Simulation::run_until_answered(Duration limit) {
  return run_until([&] { return requester.unsettled() == 0; }, limit);
}

}  // namespace torq::simulation
