// SPDX-License-Identifier: MIT
#include "apps/torq/doctor/trial.hpp"

#include <boost/asio/io_context.hpp>

#include "torq/net/clock.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::app {
namespace {

class Witness final : public net::QuicApplication {
 public:
  explicit Witness(boost::asio::io_context& loop) : loop_(loop) {}

  Trial trial;
  Instant begun{};

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override {
    if (std::holds_alternative<quic::Connected>(event.what)) {
      trial.took = now - begun;
      trial.certificate = quic::read_certificate_facts(endpoint.find(event.connection)->peer_certificate());
      endpoint.close(now, event.connection);
    } else if (const auto* closed = std::get_if<quic::Closed>(&event.what)) {
      trial.end = closed->reason;
      loop_.stop();
    }
  }

 private:
  boost::asio::io_context& loop_;
};

quic::EndpointOptions options_of(Duration patience, Entropy& entropy) {
  quic::EndpointOptions options;
  options.secrets = quic::make_secrets(entropy);
  options.limits.handshake_timeout = patience;
  options.limits.streams = 0;
  return options;
}

std::vector<net::UdpSocket> socket_for(Family family) {
  std::vector<net::UdpSocket> sockets;
  if (auto socket = net::UdpSocket::open_for_client(family)) sockets.push_back(std::move(*socket));
  return sockets;
}

}  // namespace

Trial try_handshake(const SocketAddress& server, const std::string& name, Duration patience) {
  const Trial silent{std::nullopt, std::nullopt, {quic::CloseKind::kHandshakeTimeout, 0, "", ""}};
  boost::asio::io_context loop{1};
  net::SystemEntropy entropy;
  Witness witness(loop);
  witness.trial = silent;
  auto sockets = socket_for(server.ip.family());
  if (sockets.empty()) return silent;
  net::QuicDriver driver(loop, options_of(patience, entropy), entropy, std::move(sockets), witness);
  driver.start();
  const auto tls = quic::ClientTls::create(quic::TrustAnyone{});
  witness.begun = net::monotonic_now();
  const quic::Path path{driver.local_for(server.ip.family()).value(), server};
  driver.endpoint().connect(witness.begun, path, tls.value(), name);
  driver.flush();
  loop.run_for(patience + std::chrono::seconds(1));
  driver.flush();
  return witness.trial;
}

}  // namespace torq::app
