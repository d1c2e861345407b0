// SPDX-License-Identifier: MIT
// Which worker's socket the kernel hands a datagram to, and what becomes of clients whose address changes.
#include "torq/net/steering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <numeric>

#include "torq/net/clock.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/net/udp_listen.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::net {
namespace {

constexpr unsigned kWorkers = 4;
const SocketAddress kAnyPort = *parse_socket_address("127.0.0.1:0");

using Datagram = std::vector<std::byte>;

void send(const UdpSocket& from, const SocketAddress& to, const Datagram& datagram) {
  UdpSocket& socket = const_cast<UdpSocket&>(from);
  const Outgoing run{{{from.address(), to}, quic::Ecn::kNone, datagram.size(), datagram.size()}, datagram};
  ASSERT_EQ(socket.send({&run, 1}), 1U);
}

class Group {
 public:
  Group() : listeners_(listen_udp({kAnyPort}, kWorkers).value()) {}

  // From a new port: the kernel's own choice would be another each time.
  std::vector<unsigned> workers_that_get(const Datagram& datagram, int times = 40) {
    std::vector<unsigned> got(kWorkers);
    for (int i = 0; i < times; ++i) {
      const UdpSocket client = UdpSocket::open_for_client(Family::kIpv4).value();
      send(client, listeners_.addresses[0], datagram);
      for (unsigned worker = 0; worker < kWorkers; ++worker) {
        got[worker] += static_cast<unsigned>(
            listeners_.sockets[worker][0].receive(batch_, [](const quic::Path&, quic::Ecn, Bytes) {}));
      }
    }
    return got;
  }

 private:
  Listeners listeners_;
  ReceiveBatch batch_;
};

Datagram filled(std::size_t size, std::initializer_list<unsigned> head) {
  Datagram out(size, std::byte{0x55});
  std::ranges::transform(head, out.begin(), [](unsigned b) { return static_cast<std::byte>(b); });
  return out;
}

std::vector<unsigned> all_to(unsigned worker, unsigned times = 40) {
  std::vector<unsigned> counts(kWorkers);
  counts[worker] = times;
  return counts;
}

TEST(Steering, FollowsTheIdOfAShortHeader) {
  Group group;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    EXPECT_EQ(group.workers_that_get(filled(60, {0x40, 248 + worker})), all_to(worker));
    EXPECT_EQ(group.workers_that_get(filled(60, {0x00, 4 + worker})), all_to(worker));  // RFC 9287
  }
}

TEST(Steering, FollowsTheIdOfALongHeaderIfItIsAServers) {
  Group group;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    EXPECT_EQ(group.workers_that_get(filled(1200, {0xc0, 0, 0, 0, 1, 12, 8 + worker})), all_to(worker));
  }
}

TEST(Steering, LeavesToTheKernelWhatNamesNobody) {
  Group group;
  for (const Datagram& datagram : {filled(1200, {0xc0, 0, 0, 0, 1, 8, 3}), filled(1200, {0xc0, 0, 0, 0, 1, 20, 3}),
                                   filled(16, {0x00, 0x00, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80})}) {
    const auto got = group.workers_that_get(datagram, 80);
    EXPECT_EQ(std::ranges::count(got, 0U), 0) << "80 ports, and a worker got none";
  }
}

TEST(Steering, BearsDatagramsThatEndEarly) {
  Group group;
  for (std::size_t size : {1U, 2U, 4U, 6U}) {
    for (const unsigned first : {0x40U, 0xc0U}) {
      const auto got = group.workers_that_get(filled(size, {first}), 1);
      EXPECT_EQ(std::accumulate(got.begin(), got.end(), 0U), 1U) << size;
    }
  }
}

// Says which worker answered.
class Namer final : public QuicApplication {
 public:
  explicit Namer(unsigned worker) : worker_(worker) {}
  void handle_event(Instant, quic::Endpoint& endpoint, const quic::Event& event) override {
    const auto* readable = std::get_if<quic::StreamReadable>(&event.what);
    if (readable == nullptr) return;
    quic::Connection& connection = *endpoint.find(event.connection);
    const auto incoming = connection.peek(readable->stream);
    connection.consume(readable->stream, incoming.bytes.size());
    if (!incoming.last) return;
    connection.write(readable->stream, std::array{static_cast<std::byte>(worker_)});
    connection.finish(readable->stream);
  }

 private:
  unsigned worker_;
};

quic::ServerTls server_tls() {
  quic::CertificateTerms terms;
  terms.names = {"localhost"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, terms);
  return *quic::ServerTls::create(pair->cert_pem, pair->key_pem);
}

class Workers {
 public:
  Workers() {
    auto listeners = listen_udp({kAnyPort}, kWorkers).value();
    address = listeners.addresses[0];
    const quic::ServerTls tls = server_tls();
    const quic::Secrets secrets = quic::make_secrets(entropy_);
    for (unsigned i = 0; i < kWorkers; ++i) {
      applications_.push_back(std::make_unique<Namer>(i));
      quic::EndpointOptions options;
      options.server = tls;
      options.secrets = secrets;
      options.worker = {i, kWorkers};
      drivers_.push_back(std::make_unique<QuicDriver>(loop_, std::move(options), entropy_,
                                                      std::move(listeners.sockets[i]), *applications_[i]));
      pointers_.push_back(drivers_.back().get());
    }
    for (const auto& driver : drivers_) driver->join(pointers_);
    for (const auto& driver : drivers_) driver->start();
  }

  void run() { loop_.poll(); }
  std::uint64_t forwarded() const {
    std::uint64_t sum = 0;
    for (const auto& driver : drivers_) sum += driver->forwarded();
    return sum;
  }

  SocketAddress address;

 private:
  boost::asio::io_context loop_{1};
  SystemEntropy entropy_;
  std::vector<std::unique_ptr<Namer>> applications_;
  std::vector<std::unique_ptr<QuicDriver>> drivers_;
  std::vector<QuicDriver*> pointers_;
};

// A client behind a NAT that gives it a new port whenever it likes, of which the client knows nothing.
class Roamer {
 public:
  Roamer(const SocketAddress& server, Entropy& entropy)
      : path_{{IpAddress(), 1}, server}, endpoint_({{}, quic::make_secrets(entropy), {}, {}, {}}, entropy) {
    handle_ = endpoint_.connect(monotonic_now(), path_, *quic::ClientTls::create(quic::TrustAnyone{}), "localhost");
  }

  void rebind() { socket_ = UdpSocket::open_for_client(Family::kIpv4).value(); }
  bool ask() {
    quic::Connection* connection = endpoint_.find(handle_);
    const auto stream = connection->open_stream();
    if (!stream) return false;
    connection->write(*stream, std::array{std::byte{'?'}});
    connection->finish(*stream);
    return true;
  }
  void run(ReceiveBatch& batch) {
    const Instant now = monotonic_now();
    socket_.receive(batch, [&](const quic::Path&, quic::Ecn ecn, Bytes datagram) {
      endpoint_.handle_datagram(now, path_, ecn, datagram);
    });
    endpoint_.handle_timeout(now);
    while (const auto event = endpoint_.next_event()) take(*event);
    while (const auto run = endpoint_.next_transmit(now, area_)) {
      const Outgoing outgoing{*run, Bytes(area_).first(run->size)};
      socket_.send({&outgoing, 1});
    }
  }

  std::vector<unsigned> answers;  // by which worker
  bool connected = false;
  bool closed = false;

 private:
  void take(const quic::Event& event) {
    if (std::holds_alternative<quic::Connected>(event.what)) connected = true;
    if (std::holds_alternative<quic::Closed>(event.what)) closed = true;
    const auto* readable = std::get_if<quic::StreamReadable>(&event.what);
    if (readable == nullptr) return;
    quic::Connection& connection = *endpoint_.find(handle_);
    const auto incoming = connection.peek(readable->stream);
    for (const std::byte b : incoming.bytes) answers.push_back(std::to_integer<unsigned>(b));
    connection.consume(readable->stream, incoming.bytes.size());
  }

  quic::Path path_;
  UdpSocket socket_ = UdpSocket::open_for_client(Family::kIpv4).value();
  quic::Endpoint endpoint_;
  quic::ConnectionHandle handle_{};
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
};

TEST(Steering, KeepsHundredsOfMovingClientsWithTheirWorkers) {
  constexpr std::size_t kClients = 200;
  constexpr std::size_t kMoves = 3;
  Workers workers;
  SystemEntropy entropy;
  ReceiveBatch batch;
  std::vector<std::unique_ptr<Roamer>> clients;
  const auto run_until = [&](const auto& done) {
    const Instant limit = monotonic_now() + std::chrono::seconds(60);
    while (!std::ranges::all_of(clients, done) && monotonic_now() < limit) {
      workers.run();
      for (const auto& client : clients) client->run(batch);
    }
    return std::ranges::all_of(clients, done);
  };
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Roamer>(workers.address, entropy));
    if (i % 20 == 19) {
      ASSERT_TRUE(run_until([](const auto& client) { return client->connected; }));
    }
  }

  for (std::size_t move = 0; move <= kMoves; ++move) {
    for (const auto& client : clients) ASSERT_TRUE(client->ask());
    ASSERT_TRUE(run_until([&](const auto& client) { return client->answers.size() == move + 1; })) << "move " << move;
    for (const auto& client : clients) client->rebind();
  }

  std::vector<std::size_t> per_worker(kWorkers);
  for (const auto& client : clients) {
    EXPECT_FALSE(client->closed);
    EXPECT_EQ(std::ranges::count(client->answers, client->answers[0]), std::ptrdiff_t{kMoves + 1});
    ++per_worker.at(client->answers[0]);
  }
  EXPECT_EQ(std::ranges::count(per_worker, 0U), 0);
  EXPECT_EQ(workers.forwarded(), 0U);
}

}  // namespace
}  // namespace torq::net
