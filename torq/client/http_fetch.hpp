// SPDX-License-Identifier: MIT
#pragma once
// One GET over HTTP/1.1, with TLS or without: resolves, races the addresses of the name (after RFC 8305), asks, reads
// the answer, and follows redirects, each over a connection of its own. What the answer means is the caller's business.
// It lives on its client's thread. Internal to client/.

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "torq/client/alarm.hpp"
#include "torq/client/options.hpp"
#include "torq/client/resolver.hpp"
#include "torq/client/tracker_client.hpp"
#include "torq/net/stream_io.hpp"
#include "torq/net/tls_stream.hpp"
#include "torq/wire/http1_answer.hpp"

namespace torq::client {

class HttpFetch : public std::enable_shared_from_this<HttpFetch> {
 public:
  /// What it is given by reference outlives it. `tracker.url` is http:// or https://, its target the whole request's.
  HttpFetch(boost::asio::io_context& loop, Resolver& resolver, const Options& options, Tracker tracker,
            Done<wire::HttpAnswer> done);
  HttpFetch(const HttpFetch&) = delete;
  HttpFetch& operator=(const HttpFetch&) = delete;

  void start();
  /// Ends it with `error`, unless it has ended.
  void shut_down(const Error& error) { finish(Failure(error)); }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void begin_connection();
  void try_next();
  void handle_connected(const std::shared_ptr<Socket>& socket);
  void handle_failed(const std::shared_ptr<Socket>& socket, const boost::system::error_code& error);
  bool begin_tls();

  void advance();
  void write();
  bool read();
  void await();
  net::StreamIo receive(std::span<std::byte> out);
  net::StreamIo send(Bytes bytes);

  void take_answer();
  void break_off();
  void finish(Result<wire::HttpAnswer, Error> result);

  boost::asio::io_context& loop_;
  Resolver& resolver_;
  const Options& options_;
  Tracker tracker_;
  Done<wire::HttpAnswer> done_;
  unsigned redirects_ = 0;

  // Getting connected.
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;  // of addresses_
  std::vector<std::shared_ptr<Socket>> attempts_;
  std::optional<Error> last_error_;
  Alarm stagger_;
  Alarm limit_;

  // Connected.
  std::optional<Trust> trust_;
  std::shared_ptr<Socket> socket_;
  std::optional<net::TlsStream> tls_;  // goes before its socket does
  std::string request_;
  std::size_t sent_ = 0;
  bool blocked_ = false;
  std::optional<wire::Http1AnswerReader> reader_;
};

}  // namespace torq::client
