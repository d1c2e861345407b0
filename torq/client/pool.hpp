// SPDX-License-Identifier: MIT
#pragma once
// All links of one Client and the endpoint they share: finds the link of a server, hands each event to the link whose
// connection it is about. It lives on its Client's thread. Internal to client/.

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "torq/client/link.hpp"
#include "torq/client/link_host.hpp"
#include "torq/client/resolver.hpp"
#include "torq/client/session_store.hpp"
#include "torq/net/quic_driver.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::client {

class Pool final : public net::QuicApplication, private LinkHost {
 public:
  /// `loop` and `parser` must outlive the pool; no thread runs the loop yet.
  Pool(boost::asio::io_context& loop, const Options& options, wire::AnswerParser& parser,
       std::unique_ptr<Resolver> resolver);

  void submit(const Server& server, std::unique_ptr<Exchange> exchange);
  void cancel(Call call);
  void shut_down();

  // Any thread.
  std::uint64_t connected() const { return connected_; }
  std::uint64_t resumed() const { return resumed_; }

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override;
  void handle_refusal(Instant now, const SocketAddress& remote) override;

 private:
  // LinkHost
  boost::asio::io_context& loop() override { return loop_; }
  const Options& options() const override { return options_; }
  Random& random() override { return random_; }
  wire::AnswerParser& parser() override { return parser_; }
  Resolver& resolver() override { return *resolver_; }
  bool has_socket_for(Family family) const override { return driver_.local_for(family).has_value(); }
  quic::Keepsakes recall(const Server& server) override;
  quic::ConnectionHandle connect(const SocketAddress& address, const Server& server, const quic::Keepsakes& keepsakes,
                                 Link& owner) override;
  quic::Connection* find(quic::ConnectionHandle handle) override { return driver_.endpoint().find(handle); }
  void close(quic::ConnectionHandle handle) override;
  void flush() override { driver_.flush(); }

  void remember(const quic::Event& event, const Server& server);
  Link& link_to(const Server& server);

  boost::asio::io_context& loop_;
  const Options options_;
  wire::AnswerParser& parser_;
  const std::unique_ptr<Resolver> resolver_;
  net::SystemEntropy entropy_;
  Random random_;
  net::QuicDriver driver_;
  std::shared_ptr<SessionStore> sessions_;
  std::atomic<std::uint64_t> connected_ = 0;
  std::atomic<std::uint64_t> resumed_ = 0;
  std::vector<std::unique_ptr<Link>> links_;
  std::unordered_map<quic::ConnectionHandle, Link*> owners_;
};

}  // namespace torq::client
