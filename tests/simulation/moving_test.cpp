// SPDX-License-Identifier: MIT
// Clients whose address changes, against four workers with real sockets: which of them gets a datagram is the kernel's
// decision, and no simulated link makes it. Time is real, nothing waits for it.

#include <gtest/gtest.h>
#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "echo.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/net/udp_listen.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::simulation {
namespace {

constexpr unsigned kWorkers = 4;
constexpr std::size_t kClients = 200;
constexpr int kMoves = 5;
constexpr std::uint64_t kAnswer = 20'000;  // some fifteen datagrams, so that acknowledgements move, too

quic::ServerTls server_tls() {
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_before = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, terms);
  return *quic::ServerTls::create(pair->cert_pem, pair->key_pem);
}

// A worker as apps/torq makes them, with the echo instead of the doors.
class EchoWorker final : public net::QuicApplication {
 public:
  EchoWorker(quic::EndpointOptions options, std::vector<net::UdpSocket> sockets)
      : driver(loop_, std::move(options), entropy_, std::move(sockets), *this) {}

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override {
    responder.handle_event(now, endpoint, event);
  }
  void start() {
    thread_ = std::jthread([this] {
      driver.start();
      loop_.run();
    });
  }
  void stop() {
    loop_.stop();
    thread_.join();
  }

 private:
  boost::asio::io_context loop_{1};
  net::SystemEntropy entropy_;
  std::jthread thread_;

 public:
  Responder responder;
  net::QuicDriver driver;
};

class EchoServer {
 public:
  EchoServer() : listeners_(net::listen_udp({*parse_socket_address("127.0.0.1:0")}, kWorkers).value()) {
    quic::EndpointOptions options;
    options.server = server_tls();
    net::SystemEntropy entropy;
    options.secrets = quic::make_secrets(entropy);
    for (unsigned i = 0; i < kWorkers; ++i) {
      options.worker = {i, kWorkers};
      workers_.push_back(std::make_unique<EchoWorker>(options, std::move(listeners_.sockets[i])));
      drivers_.push_back(&workers_.back()->driver);
    }
    for (const auto& worker : workers_) worker->driver.join(drivers_);
    for (const auto& worker : workers_) worker->start();
  }
  void stop() {
    for (const auto& worker : workers_) worker->stop();
  }

  const SocketAddress& address() const { return listeners_.addresses[0]; }
  // After stop():
  std::uint64_t forwarded() const {
    std::uint64_t sum = 0;
    for (const auto* driver : drivers_) sum += driver->counts().forwarded;
    return sum;
  }
  std::size_t connections() const {
    std::size_t sum = 0;
    for (const auto& worker : workers_) sum += worker->responder.connections;
    return sum;
  }
  std::size_t busy_workers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(workers_, [](const auto& worker) { return worker->responder.connections > 0; }));
  }

 private:
  net::Listeners listeners_;
  std::vector<std::unique_ptr<EchoWorker>> workers_;
  std::vector<net::QuicDriver*> drivers_;
};

// A client behind a NAT: what it takes for its own address never changes, what the server sees does.
class MovingClient {
 public:
  MovingClient(const SocketAddress& server, const quic::ClientTls& tls)
      : path_{{*parse_ip("10.0.0.1"), 4000}, server}, endpoint_({}, entropy_) {
    move_to("127.0.0.1");
    connection_ = endpoint_.connect(net::monotonic_now(), path_, tls, "tracker.example");
  }

  void move_to(std::string_view ip) {
    socket_ = net::UdpSocket::bind({*parse_ip(ip), 0}, net::UdpSocket::Port::kOwn).value();
  }
  void ask() {
    Requester::Request request;
    request.connection = connection_;
    request.answer_size = kAnswer;
    requester_.ask(request);
    requester_.flush(endpoint_);
  }
  std::size_t answered() const { return requester_.answered(); }
  pollfd readiness() const { return {socket_->native_handle(), POLLIN, 0}; }

  void step(net::ReceiveBatch& batch) {
    const Instant now = net::monotonic_now();
    while (socket_->receive(batch, [&](const quic::Path&, quic::Ecn ecn, Bytes bytes) {
      endpoint_.handle_datagram(now, path_, ecn, bytes);
    }) > 0) {
    }
    if (const auto due = endpoint_.next_timeout(); due && *due <= now) endpoint_.handle_timeout(now);
    for (bool more = true; more;) {
      while (const auto event = endpoint_.next_event()) requester_.handle_event(now, endpoint_, *event);
      std::array<std::byte, 64 * 1024> area;
      const auto run = endpoint_.next_transmit(now, area);
      if (run) socket_->send(std::array{net::Outgoing{*run, Bytes(area).first(run->size)}});
      more = run.has_value();
    }
  }

 private:
  quic::Path path_;
  net::SystemEntropy entropy_;
  quic::Endpoint endpoint_;
  Requester requester_;
  quic::ConnectionHandle connection_{};
  std::optional<net::UdpSocket> socket_;
};

// Steps all clients until each has that many answers; false when that takes absurdly long.
bool run_until_answered(std::vector<std::unique_ptr<MovingClient>>& clients, std::size_t answers) {
  net::ReceiveBatch batch;
  const Instant end = net::monotonic_now() + std::chrono::seconds(60);
  while (net::monotonic_now() < end) {
    std::vector<pollfd> ready;
    bool done = true;
    for (const auto& client : clients) {
      client->step(batch);
      ready.push_back(client->readiness());
      done = done && client->answered() >= answers;
    }
    if (done) return true;
    constexpr int kTimerGrain = 5;  // ms; the clients' own deadlines are looked at after each wait
    poll(ready.data(), ready.size(), kTimerGrain);
  }
  return false;
}

TEST(MovingClients, AreServedByTheirWorkerWithoutADetour) {
  EchoServer server;
  const auto tls = *quic::ClientTls::create(quic::TrustAnyone{});
  std::vector<std::unique_ptr<MovingClient>> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<MovingClient>(server.address(), tls));
    clients.back()->ask();
  }
  ASSERT_TRUE(run_until_answered(clients, 1));

  for (int move = 1; move <= kMoves; ++move) {
    // A new port in odd rounds, a new address in even ones: that is asked to prove itself (RFC 9000 8.2).
    for (const auto& client : clients) client->move_to(move % 2 == 0 ? "127.0.0.7" : "127.0.0.1");
    for (const auto& client : clients) client->ask();
    ASSERT_TRUE(run_until_answered(clients, static_cast<std::size_t>(move) + 1)) << "after move " << move;
  }

  server.stop();
  EXPECT_EQ(server.connections(), kClients) << "a client had to begin anew";
  EXPECT_EQ(server.busy_workers(), kWorkers);
  EXPECT_EQ(server.forwarded(), 0U);
}

}  // namespace
}  // namespace torq::simulation
