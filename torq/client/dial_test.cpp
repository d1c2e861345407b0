// SPDX-License-Identifier: MIT
// What becomes of a name with several addresses of both families, on real sockets of the loopback interface: each test
// has a resolver of its own that says which addresses the name has.

#include "torq/client/dial.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "torq/client/fixture_test.hpp"
#include "torq/client/json_exchange.hpp"
#include "torq/client/pool.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/net/udp_socket.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {
namespace {

namespace asio = boost::asio;

class FixedResolver final : public Resolver {
 public:
  FixedResolver(asio::io_context& loop, std::vector<SocketAddress> addresses)
      : loop_(loop), addresses_(std::move(addresses)) {}

  void resolve(const std::string&, std::uint16_t, Done done) override {
    asio::post(loop_, [addresses = addresses_, done = std::move(done)] { done(addresses); });
  }

 private:
  asio::io_context& loop_;
  const std::vector<SocketAddress> addresses_;
};

class DeafResolver final : public Resolver {
 public:
  void resolve(const std::string&, std::uint16_t, Done) override {}
};

/// A place where datagrams arrive and nobody answers: what a server that is down behind a firewall looks like.
class Silence {
 public:
  explicit Silence(const char* ip)
      : socket_(net::UdpSocket::bind({parse_ip(ip).value(), 0}, net::UdpSocket::Port::kOwn).value()) {}
  SocketAddress address() const { return socket_.address(); }

 private:
  net::UdpSocket socket_;
};

Setting setting_at(const char* ip) {
  Setting setting = fresh_setting();
  setting.address.ip = parse_ip(ip).value();
  return setting;
}

using Reply = Result<tracker::AnnounceReply, Error>;

/// One announce to the name `dual.test`, whose addresses the resolver tells.
Reply announce_by(asio::io_context& loop, std::unique_ptr<Resolver> resolver, const std::string& pin,
                  const Options& options) {
  wire::AnswerParser parser;
  Pool pool(loop, options, parser, std::move(resolver));
  std::optional<Reply> outcome;
  using Ask = JsonExchange<tracker::AnnounceReply>;
  const Exchange::Traits traits{.patience = options.answer_timeout};
  pool.submit({"dual.test", 7001, Trust::pin(pin).value()},
              std::make_unique<Ask>(traits,
                                    Ask::Question{wire::encode_request(announce_of()), std::nullopt,
                                                  &wire::AnswerParser::parse_announce, options.max_answer_bytes},
                                    parser, [&](Reply reply) {
                                      outcome = std::move(reply);
                                      loop.stop();
                                    }));
  loop.run();
  return *outcome;
}

Reply announce_to(const ScriptedServer& server, std::vector<SocketAddress> addresses, const Options& options = {}) {
  asio::io_context loop{1};
  return announce_by(loop, std::make_unique<FixedResolver>(loop, std::move(addresses)), server.setting().pin, options);
}

// Far below the time-out, which is what a machine under load needs; a dead address costs 250 ms.
constexpr auto kMuchLessThanATimeout = std::chrono::seconds(15);
Options patient() {
  Options options;
  options.connect_timeout = std::chrono::seconds(120);
  return options;
}

template <class Work>
std::chrono::steady_clock::duration time_of(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::steady_clock::now() - begin;
}

TEST(Dial, ReachesTheLivingFamilyWhenTheOtherIsSilent) {
  for (const auto& [living, dead] : {std::pair("127.0.0.1", "::1"), std::pair("::1", "127.0.0.1")}) {
    ScriptedServer server(always(answer(kAnnounceReply)), setting_at(living));
    const Silence silence(dead);

    const auto took = time_of([&, &live = living] {
      const auto reply = announce_to(server, {silence.address(), server.setting().address}, patient());
      EXPECT_TRUE(reply) << live << ": " << reply.error().text();
    });

    EXPECT_LT(took, kMuchLessThanATimeout) << living;
  }
}

TEST(Dial, TriesEveryAddressUntilOneAnswers) {
  ScriptedServer server(always(answer(kAnnounceReply)));
  const Silence a("127.0.0.1"), b("127.0.0.1"), c("::1"), d("::1");

  const auto took = time_of([&] {
    const auto reply =
        announce_to(server, {a.address(), b.address(), c.address(), d.address(), server.setting().address}, patient());
    EXPECT_TRUE(reply) << reply.error().text();
  });

  EXPECT_LT(took, kMuchLessThanATimeout);
}

TEST(Dial, GoesOnToTheNextAddressWhenOneIsSomebodyElses) {
  ScriptedServer stranger(always(answer(kAnnounceReply)));
  ScriptedServer server(always(answer(kAnnounceReply)), setting_at("::1"));

  const auto reply = announce_to(server, {stranger.setting().address, server.setting().address});

  EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_TRUE(stranger.requests().empty());
}

TEST(Dial, AsksOneServerOnlyWhenBothFamiliesAnswer) {
  const Setting setting = setting_at("127.0.0.1");
  Setting other = setting;
  other.address.ip = parse_ip("::1").value();
  ScriptedServer first(always(answer(kAnnounceReply)), setting);
  ScriptedServer second(always(answer(kAnnounceReply)), other);

  const auto reply = announce_to(first, {first.setting().address, second.setting().address});

  EXPECT_TRUE(reply) << reply.error().text();
  EXPECT_EQ(first.requests().size() + second.requests().size(), 1U);
}

TEST(Dial, FailsInTimeWhenNobodyAnswers) {
  ScriptedServer elsewhere(always(answer(kAnnounceReply)));
  const Silence v4("127.0.0.1"), v6("::1");
  Options options = impatient();
  options.retries = 0;

  const auto reply = announce_to(elsewhere, {v6.address(), v4.address()}, options);

  EXPECT_EQ(reply.error().kind, ErrorKind::kUnreachable);
}

// Where a server was until a moment ago.
SocketAddress closed_port(const char* ip) { return Silence(ip).address(); }

TEST(Dial, FailsAtOnceWhereNobodyListens) {
  ScriptedServer elsewhere(always(answer(kAnnounceReply)));
  Options options = patient();
  options.retries = 1;

  const auto took = time_of([&] {
    const auto reply = announce_to(elsewhere, {closed_port("127.0.0.1"), closed_port("::1")}, options);

    EXPECT_EQ(reply.error().kind, ErrorKind::kUnreachable);
    EXPECT_EQ(reply.error().message, "nothing listens on this UDP port");
  });

  EXPECT_LT(took, kMuchLessThanATimeout);
}

TEST(Dial, GoesOnToTheNextAddressWhereNobodyListens) {
  ScriptedServer server(always(answer(kAnnounceReply)));

  const auto reply = announce_to(server, {closed_port("::1"), server.setting().address}, patient());

  EXPECT_TRUE(reply) << reply.error().text();
}

/// A server that proves that it is there by one Retry, and is gone.
class Glimpse {
 public:
  explicit Glimpse(asio::io_context& loop)
      : loop_(loop),
        socket_(net::UdpSocket::bind({parse_ip("127.0.0.1").value(), 0}, net::UdpSocket::Port::kOwn).value()) {
    quic::EndpointOptions options;
    const Setting setting = fresh_setting();
    options.server = quic::ServerTls::create(setting.certificate.cert_pem, setting.certificate.key_pem).value();
    options.limits.retry = quic::RetryPolicy::kAlways;
    endpoint_.emplace(std::move(options), entropy_);
    look();
  }
  SocketAddress address() const { return address_; }

 private:
  void look() {
    const Instant now = net::monotonic_now();
    socket_->receive(batch_, [&](const quic::Path& path, quic::Ecn ecn, Bytes datagram) {
      endpoint_->handle_datagram(now, path, ecn, datagram);
    });
    if (const auto run = endpoint_->next_transmit(now, area_)) {
      const net::Outgoing answer{*run, std::span(area_).first(run->size)};
      socket_->send({&answer, 1});
      return socket_.reset();
    }
    asio::post(loop_, [this] { look(); });
  }

  asio::io_context& loop_;
  net::SystemEntropy entropy_;
  std::optional<quic::Endpoint> endpoint_;
  std::optional<net::UdpSocket> socket_;
  SocketAddress address_ = socket_->address();
  net::ReceiveBatch batch_;
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
};

TEST(Dial, DoesNotBelieveThatNobodyListensWhereItHasHeardSomebody) {
  asio::io_context loop{1};
  Glimpse server(loop);
  Options options = impatient();
  options.retries = 0;

  const auto reply = announce_by(loop, std::make_unique<FixedResolver>(loop, std::vector{server.address()}),
                                 fresh_setting().pin, options);

  EXPECT_EQ(reply.error().kind, ErrorKind::kUnreachable);
  EXPECT_EQ(reply.error().message, "no answer over UDP");
}

TEST(Dial, SaysThatANameDidNotResolveInTime) {
  asio::io_context loop{1};

  const auto reply = announce_by(loop, std::make_unique<DeafResolver>(), fresh_setting().pin, impatient());

  EXPECT_EQ(reply.error().kind, ErrorKind::kName);
  EXPECT_EQ(reply.error().message, "the host name did not resolve in time");
}

TEST(Dial, SaysOfANameWithoutAddressesThatItCannotBeReached) {
  ScriptedServer elsewhere(always(answer(kAnnounceReply)));

  EXPECT_EQ(announce_to(elsewhere, {}).error().kind, ErrorKind::kUnreachable);
}

}  // namespace
}  // namespace torq::client
