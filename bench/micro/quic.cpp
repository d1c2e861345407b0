// SPDX-License-Identifier: MIT
// The server's share of QUIC without a kernel: handshakes, and announces over connections that stay. Client and server
// hand each other datagrams in one thread; what is timed is the server's part of each round, by its thread's CPU clock.
#include <benchmark/benchmark.h>

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/announces.hpp"
#include "torq/doors/quic/quic_door.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/quic/certificate.hpp"
#include "torq/quic/seeded_entropy_test.hpp"
#include "torq/swarm/memory_store.hpp"
#include "torq/web/vitals.hpp"

namespace torq::bench {
namespace {

double cpu_seconds() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) * 1e-9;
}

quic::ServerTls server_tls() {
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = *quic::make_self_signed(quic::KeyKind::kEcdsaP256, terms);
  return *quic::ServerTls::create(pair.cert_pem, pair.key_pem);
}

quic::Limits client_limits() {
  quic::Limits limits;
  limits.streams = 1000;
  return limits;
}

// All clients have one address here.
quic::Limits server_limits() {
  quic::Limits limits;
  limits.retry = quic::RetryPolicy::kNever;
  limits.exempt = {{parse_ip("192.0.2.0").value(), 24}};
  return limits;
}

class NoVitals final : public web::Vitals {
 public:
  bool is_ready() const override { return true; }
  std::string figures() const override { return "{}"; }
};

/// Datagrams on their way, in one piece of memory.
class Wire {
 public:
  void put(Bytes datagram) {
    sizes_.push_back(datagram.size());
    bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
  }
  template <class Take>
  void take_all(Take take) {
    std::size_t at = 0;
    for (const std::size_t size : sizes_) {
      take(Bytes(bytes_).subspan(at, size));
      at += size;
    }
    sizes_.clear();
    bytes_.clear();
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> sizes_;
};

class World {
 public:
  explicit World(const Population& population) : announces_(population) {
    Population all = population;
    all.in_turn = true;
    Announces fill(all);
    for (std::uint64_t i = 0; i < all.peers; ++i) service_.answer(now_, here_.ip, as_bytes(fill.next()));
  }

  quic::ConnectionHandle connect() {
    return client_.connect(now_, {here_, there_}, tls_, "tracker.example", keepsakes_);
  }

  void ask(quic::ConnectionHandle handle) {
    quic::Connection& connection = *client_.find(handle);
    const auto stream = connection.open_stream();
    if (!stream) return;
    connection.write(*stream, as_bytes(announces_.next()));
    connection.finish(*stream);
  }

  /// Client, then server; returns the server's seconds.
  double round() {
    now_ += std::chrono::microseconds(200);
    client_.handle_timeout(now_);
    send(client_, to_server_);
    const double begun = cpu_seconds();
    server_.handle_timeout(now_);
    to_server_.take_all(
        [&](Bytes datagram) { server_.handle_datagram(now_, {there_, here_}, quic::Ecn::kNone, datagram); });
    for (std::size_t foreseen = 0; const auto event = server_.next_event();) {
      if (foreseen == 0) foreseen = door_.foresee(server_);
      if (foreseen > 0) --foreseen;
      door_.handle_event(now_, server_, *event);
    }
    send(server_, to_client_);
    const double took = cpu_seconds() - begun;
    to_client_.take_all(
        [&](Bytes datagram) { client_.handle_datagram(now_, {here_, there_}, quic::Ecn::kNone, datagram); });
    read_client();
    return took;
  }

  std::vector<quic::ConnectionHandle> take_answered() { return std::exchange(answered_, {}); }
  std::vector<quic::ConnectionHandle> take_connected() { return std::exchange(connected_, {}); }
  void close(quic::ConnectionHandle handle) { client_.close(now_, handle); }
  void keep_tickets() { keeping_ = true; }
  bool has_ticket() const { return !keepsakes_.ticket.empty(); }

 private:
  void send(quic::Endpoint& from, Wire& wire) {
    while (const auto run = from.next_transmit(now_, area_)) {
      for (std::size_t at = 0; at < run->size; at += run->segment_size) {
        wire.put(Bytes(area_).subspan(at, std::min(run->segment_size, run->size - at)));
      }
    }
  }

  void read_client() {
    while (const auto event = client_.next_event()) {
      if (std::holds_alternative<quic::Connected>(event->what)) connected_.push_back(event->connection);
      if (const auto* ticket = std::get_if<quic::NewTicket>(&event->what); ticket != nullptr && keeping_) {
        keepsakes_.ticket = ticket->ticket;
      }
      const auto* readable = std::get_if<quic::StreamReadable>(&event->what);
      if (readable == nullptr) continue;
      quic::Connection& connection = *client_.find(event->connection);
      const auto incoming = connection.peek(readable->stream);
      connection.consume(readable->stream, incoming.bytes.size());
      if (incoming.last) answered_.push_back(event->connection);
    }
  }

  SocketAddress here_ = *parse_socket_address("192.0.2.1:4000");
  SocketAddress there_ = *parse_socket_address("192.0.2.2:7001");
  Instant now_{std::chrono::hours(1)};
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
  Announces announces_;
  Wire to_server_;
  Wire to_client_;
  std::vector<quic::ConnectionHandle> answered_;
  std::vector<quic::ConnectionHandle> connected_;

  files::FileTree files_ = files::FileTree::at(std::filesystem::temp_directory_path().string()).value();
  tracker::TrackerRules rules_;
  swarm::MemoryStore store_{swarm::SipKey{}, rules_.peer_lifetime()};
  tracker::Tracker tracker_{store_, rules_};
  NoVitals vitals_;
  doors::quic_json::Service service_{tracker_, files_, wire::Limits{}, 1};
  web::Site site_{{tracker_, files_, vitals_}, wire::Limits{}, 1};
  doors::http3::Door http3_{site_, {}};
  doors::quic::QuicDoor door_{service_, http3_};

  quic::SeededEntropy entropy_{1};
  quic::ClientTls tls_ = *quic::ClientTls::create(quic::TrustAnyone{});
  quic::Endpoint server_{{server_limits(), quic::make_secrets(entropy_), {}, server_tls(), {}}, entropy_};
  quic::Endpoint client_{{client_limits(), quic::make_secrets(entropy_), {}, std::nullopt, {}}, entropy_};
  quic::Keepsakes keepsakes_;
  bool keeping_ = false;
};

constexpr Population kMillion{1'000'000, 1'000'000};

// range(0) connections with range(1) announces outstanding on each; an iteration is a round of all of them.
void announces(benchmark::State& state) {
  World world(kMillion);
  std::vector<quic::ConnectionHandle> standing;
  const auto connections = static_cast<std::size_t>(state.range(0));
  for (std::size_t i = 0; i < connections; ++i) world.connect();
  while (standing.size() < connections) {
    world.round();
    for (const auto handle : world.take_connected()) standing.push_back(handle);
  }
  for (std::int64_t i = 0; i < state.range(1); ++i) {
    for (const auto handle : standing) world.ask(handle);
  }
  std::size_t answers = 0;
  double seconds = 0;
  for (auto _ : state) {
    const double took = world.round();
    state.SetIterationTime(took);
    seconds += took;
    const auto answered = world.take_answered();
    answers += answered.size();
    for (const auto handle : answered) world.ask(handle);
  }
  state.counters["us/announce"] = seconds * 1e6 / static_cast<double>(answers);
}
BENCHMARK(announces)->Args({64, 1})->Args({8, 64})->Args({1000, 1})->Iterations(300)->UseManualTime();

// A new connection, an announce, its end; sixteen at a time.
void handshakes(benchmark::State& state, bool resumed) {
  World world({1000, 1000});
  if (resumed) {
    world.keep_tickets();
    world.connect();
    while (!world.has_ticket()) world.round();
    for (const auto handle : world.take_connected()) world.close(handle);
  }
  for (int i = 0; i < 16; ++i) world.connect();
  std::size_t answers = 0;
  double seconds = 0;
  for (auto _ : state) {
    const double took = world.round();
    state.SetIterationTime(took);
    seconds += took;
    for (const auto handle : world.take_connected()) world.ask(handle);
    for (const auto handle : world.take_answered()) {
      ++answers;
      world.close(handle);
      world.connect();
    }
  }
  state.counters["us/connection"] = seconds * 1e6 / static_cast<double>(answers);
}
BENCHMARK_CAPTURE(handshakes, full, false)->UseManualTime();
BENCHMARK_CAPTURE(handshakes, resumed, true)->UseManualTime();

}  // namespace
}  // namespace torq::bench
