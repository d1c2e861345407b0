// SPDX-License-Identifier: MIT
#pragma once
// What a Link and its Dial need of the pool they belong to: the loop, the endpoint, the options. Internal to client/.

#include <optional>

#include "torq/base/random.hpp"
#include "torq/client/options.hpp"
#include "torq/client/server.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/wire/answer_parser.hpp"

namespace boost::asio {
class io_context;
}

namespace torq::client {

class Link;
class Resolver;

class LinkHost {
 public:
  virtual boost::asio::io_context& loop() = 0;
  virtual const Options& options() const = 0;
  virtual Random& random() = 0;
  virtual wire::AnswerParser& parser() = 0;
  virtual Resolver& resolver() = 0;

  virtual bool has_socket_for(Family family) const = 0;
  /// What is remembered of the server. It is forgotten by this.
  virtual quic::Keepsakes recall(const Server& server) = 0;
  /// Begins a connection, whose events go to `owner`, to an address whose family has a socket.
  virtual quic::ConnectionHandle connect(const SocketAddress& address, const Server& server,
                                         const quic::Keepsakes& keepsakes, Link& owner) = 0;
  virtual quic::Connection* find(quic::ConnectionHandle handle) = 0;
  virtual void close(quic::ConnectionHandle handle) = 0;
  /// Sends what is due; the last step of whatever did not begin with an event of the endpoint's. May destroy the link.
  virtual void flush() = 0;

 protected:
  ~LinkHost() = default;
};

}  // namespace torq::client
