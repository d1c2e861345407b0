// SPDX-License-Identifier: MIT
#include "torq/net/tcp_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <string>

#include "torq/base/sockaddr.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::net {
namespace {

using namespace std::chrono_literals;
using Phase = ByteSession::Phase;

// Answers each line with itself; `!` is refused, `*` is answered for ever.
class EchoSession final : public ByteSession {
 public:
  Phase phase() const override {
    if (!output_.empty()) return Phase::kSending;
    if (refused_) return Phase::kRefused;
    if (!line_.empty()) return Phase::kReceiving;
    return draining_ ? Phase::kOver : Phase::kIdle;
  }
  bool wants_bytes() const override { return !refused_ && output_.empty(); }
  void handle_bytes(Instant, Bytes bytes) override {
    line_ += as_text(bytes);
    refused_ = line_ == "!";
    endless_ = line_ == "*\n";
    if (line_.ends_with('\n') || refused_) output_ = std::exchange(line_, {});
  }
  void handle_end() override {}
  void handle_overdue(Instant) override {
    refused_ = true;
    output_ = "late\n";
  }
  void handle_drain() override { draining_ = true; }
  Bytes next_output(Instant) override {
    if (endless_) output_.resize(1 << 20, '*');
    return as_bytes(output_);
  }
  void handle_sent(Instant, std::size_t size) override { output_.erase(0, size); }
  void handle_pause() override {}
  std::size_t held() const override { return line_.capacity() + output_.capacity(); }

 private:
  std::string line_;
  std::string output_;
  bool refused_ = false;
  bool endless_ = false;
  bool draining_ = false;
};

struct EchoDoor final : TcpApplication {
  std::unique_ptr<ByteSession> begin_session(const SocketAddress&) override { return std::make_unique<EchoSession>(); }
};

quic::ServerTls make_tls() {
  const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, {}).value();
  return quic::ServerTls::create(pair.cert_pem, pair.key_pem).value();
}

// A server on a free port; clients are plain sockets, and the server runs while they wait.
class TcpServerTest : public testing::Test {
 protected:
  class Client {
   public:
    explicit Client(int fd) : fd_(fd) {}
    Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Client() {
      if (fd_ >= 0) ::close(fd_);
    }
    int fd_;
  };

  void start(const TcpLimits& limits) {
    auto listeners = listen_tcp({parse_socket_address("127.0.0.1:0").value()}, 1).value();
    address_ = listeners.addresses.front();
    std::vector<TcpPort> ports;
    ports.push_back({std::move(listeners.sockets.front().front()), TcpSpeech::kPlain});
    server_.emplace(loop_, std::move(ports), door_, make_tls(), limits);
    server_->start();
  }

  Client connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const SockAddr address(address_);
    EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);
    return Client(fd);
  }

  static void say(const Client& client, std::string_view text) {
    EXPECT_EQ(::send(client.fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  /// What comes next; "end" when the server has closed.
  std::string hear(const Client& client) {
    for (int i = 0; i < 10'000; ++i) {
      char buffer[100];
      const ssize_t size = ::recv(client.fd_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (size > 0) return {buffer, static_cast<std::size_t>(size)};
      if (size == 0 || errno != EAGAIN) return "end";
      loop_.run_one_for(10ms);
    }
    return "nothing";
  }

  boost::asio::io_context loop_{1};
  EchoDoor door_;
  SocketAddress address_;
  std::optional<TcpServer> server_;
};

constexpr TcpLimits kQuick{.tick = 1ms};

TEST_F(TcpServerTest, CarriesBytesBothWays) {
  start(kQuick);
  const Client client = connect();

  say(client, "a");
  say(client, "b\n");
  EXPECT_EQ(hear(client), "ab\n");
  say(client, "c\n");
  EXPECT_EQ(hear(client), "c\n");
  EXPECT_EQ(server_->connection_count(), 1U);
}

TEST_F(TcpServerTest, EndsWhatIsIdleTooLong) {
  TcpLimits limits = kQuick;
  limits.idle = 20ms;
  start(limits);
  const Client client = connect();

  say(client, "a\n");

  EXPECT_EQ(hear(client), "a\n");
  EXPECT_EQ(hear(client), "end");
}

TEST_F(TcpServerTest, TellsWhoIsLateAndEndsIt) {
  TcpLimits limits = kQuick;
  limits.request = 20ms;
  start(limits);
  const Client silent = connect();
  const Client slow = connect();

  say(slow, "a");

  EXPECT_EQ(hear(silent), "late\n");
  EXPECT_EQ(hear(slow), "late\n");
  EXPECT_EQ(hear(slow), "end");
}

TEST_F(TcpServerTest, EndsWhoTakesNothing) {
  TcpLimits limits = kQuick;
  limits.stalled = 50ms;
  start(limits);
  const Client client = connect();

  say(client, "*\n");
  while (server_->connection_count() == 0) loop_.run_one_for(10ms);
  for (int i = 0; i < 1'000 && server_->connection_count() > 0; ++i) loop_.run_one_for(10ms);

  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(TcpServerTest, LetsWhoIsRefusedHearOfItBeforeItEnds) {
  TcpLimits limits = kQuick;
  limits.lingering = 20ms;
  start(limits);
  const Client client = connect();

  say(client, "!");
  EXPECT_EQ(hear(client), "!");
  say(client, "and more that nobody reads");

  EXPECT_EQ(hear(client), "end");
  for (int i = 0; i < 1'000 && server_->connection_count() > 0; ++i) loop_.run_one_for(10ms);
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(TcpServerTest, MakesRoomByEndingWhatWasIdleLongest) {
  TcpLimits limits = kQuick;
  limits.connections = 2;
  start(limits);
  const Client first = connect();
  say(first, "1\n");
  EXPECT_EQ(hear(first), "1\n");
  const Client second = connect();
  say(second, "2\n");
  EXPECT_EQ(hear(second), "2\n");

  const Client third = connect();
  say(third, "3\n");

  EXPECT_EQ(hear(third), "3\n");
  EXPECT_EQ(hear(first), "end");
  say(second, "2\n");
  EXPECT_EQ(hear(second), "2\n");
}

TEST_F(TcpServerTest, RefusesANewcomerWhenAllAreBusy) {
  TcpLimits limits = kQuick;
  limits.connections = 1;
  start(limits);
  const Client first = connect();
  say(first, "1");
  while (server_->connection_count() == 0) loop_.run_one_for(10ms);
  for (int i = 0; i < 3; ++i) loop_.run_one_for(10ms);

  const Client second = connect();

  EXPECT_EQ(hear(second), "end");
  EXPECT_EQ(server_->counts().full, 1U);
  EXPECT_EQ(server_->counts().refused, 1U);
  say(first, "\n");
  EXPECT_EQ(hear(first), "1\n");
}

TEST_F(TcpServerTest, TurnsAwayAnAddressThatHasItsShare) {
  TcpLimits limits = kQuick;
  limits.connections_per_prefix = 1;
  start(limits);
  {
    const Client first = connect();
    say(first, "1\n");
    EXPECT_EQ(hear(first), "1\n");

    const Client second = connect();

    EXPECT_EQ(hear(second), "end");
    EXPECT_EQ(server_->counts().prefix_full, 1U);
  }
  for (int i = 0; i < 1'000 && server_->connection_count() > 0; ++i) loop_.run_one_for(10ms);
  const Client third = connect();
  say(third, "3\n");
  EXPECT_EQ(hear(third), "3\n") << "who has left takes up no room";
}

TEST_F(TcpServerTest, SparesExemptAddressesTheirShare) {
  TcpLimits limits = kQuick;
  limits.connections_per_prefix = 1;
  limits.exempt = {*parse_address_prefix("127.0.0.0/8")};
  start(limits);
  const Client first = connect();
  const Client second = connect();

  say(second, "2\n");

  EXPECT_EQ(hear(second), "2\n");
}

TEST_F(TcpServerTest, EndsWhoHoldsMostWhenMemoryIsShort) {
  TcpLimits limits = kQuick;
  limits.memory = 300 * 1024;
  start(limits);
  const Client modest = connect();
  say(modest, "m");
  const Client greedy = connect();
  say(greedy, "*\n");  // is sent a mebibyte at a time, and takes nothing

  for (int i = 0; i < 1'000 && server_->counts().memory == 0; ++i) loop_.run_one_for(10ms);

  EXPECT_EQ(server_->counts().memory, 1U);
  EXPECT_LT(server_->memory_used(), 1024U);
  say(modest, "\n");
  EXPECT_EQ(hear(modest), "m\n");
}

TEST_F(TcpServerTest, CountsWhomItEnds) {
  TcpLimits limits = kQuick;
  limits.request = 10ms;
  limits.stalled = 10ms;
  limits.lingering = 10ms;
  start(limits);
  const Client slow = connect();
  const Client deaf = connect();
  say(deaf, "*\n");
  for (int i = 0; i < 1'000 && server_->counts().accepted < 2; ++i) loop_.run_one_for(10ms);
  for (int i = 0; i < 1'000 && server_->connection_count() > 0; ++i) loop_.run_one_for(10ms);

  EXPECT_EQ(server_->counts().accepted, 2U);
  EXPECT_EQ(server_->counts().overdue, 1U);
  EXPECT_EQ(server_->counts().stalled, 1U);
}

TEST_F(TcpServerTest, EndsAfterTheExchangesThatAreUnderWay) {
  start(kQuick);
  const Client idle = connect();
  say(idle, "i\n");
  EXPECT_EQ(hear(idle), "i\n");
  const Client busy = connect();
  say(busy, "b");
  while (server_->connection_count() < 2) loop_.run_one_for(10ms);
  for (int i = 0; i < 3; ++i) loop_.run_one_for(10ms);

  server_->drain();

  EXPECT_EQ(hear(idle), "end");
  say(busy, "\n");
  EXPECT_EQ(hear(busy), "b\n");
  EXPECT_EQ(hear(busy), "end");
}

}  // namespace
}  // namespace torq::net
