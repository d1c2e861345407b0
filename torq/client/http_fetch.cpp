// SPDX-License-Identifier: MIT
#include "torq/client/http_fetch.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <utility>

#include "torq/base/sockaddr.hpp"
#include "torq/client/dial.hpp"
#include "torq/client/faults.hpp"
#include "torq/net/clock.hpp"

namespace torq::client {
namespace {

using Kind = net::StreamIo::Kind;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr Duration kConnectDelay = std::chrono::milliseconds(250);  // RFC 8305 8, "Connection Attempt Delay"

constexpr const char* kCheckUrl = "check that the URL is a tracker's";

tcp::endpoint tcp_endpoint(const SocketAddress& address) {
  const SockAddr native(address);
  tcp::endpoint endpoint;
  endpoint.resize(native.size());
  std::copy_n(reinterpret_cast<const char*>(native.data()), native.size(), reinterpret_cast<char*>(endpoint.data()));
  return endpoint;
}

// No field invites an answer that would have to be unpacked, or a second request.
std::string request_of(const TrackerUrl& url) {
  return "GET " + url.target + " HTTP/1.1\r\nHost: " + host_field(url) +
         "\r\nUser-Agent: torq\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

Error unreachable(const ErrorCode& error) {
  if (error == boost::asio::error::connection_refused) {
    return {ErrorKind::kUnreachable, "", "nothing listens on this TCP port",
            "check that the tracker runs, and its port", ""};
  }
  return {ErrorKind::kUnreachable, "", "no connection: " + error.message(),
          "check the network, and the tracker's address", ""};
}

Error no_connection() {
  return {ErrorKind::kUnreachable, "", "no connection in time",
          "check that the tracker runs, its port, and that TCP passes the firewalls", ""};
}

Error lost(std::string text) { return {ErrorKind::kLost, "", std::move(text), "try again later", ""}; }

Error unusable_answer(const std::string& text) {
  Error error = faulty(text);
  error.advice = kCheckUrl;
  return error;
}

Error distrusted(const TrackerUrl& url, const Trust& trust, const quic::CertificateRefusal& refusal) {
  const quic::CloseReason reason{quic::CloseKind::kCertificateRefused, 0, refusal.text, refusal.pin};
  return fault_of_dial(reason, Server{url.host, url.port, trust}).error;
}

net::StreamIo outcome_of(ssize_t result) {
  if (result > 0) return {Kind::kDone, static_cast<std::size_t>(result)};
  if (result == 0) return {Kind::kEnd};
  return {errno == EAGAIN || errno == EINTR ? Kind::kAgain : Kind::kBroken};
}

}  // namespace

HttpFetch::HttpFetch(boost::asio::io_context& loop, Resolver& resolver, const Options& options, Tracker tracker,
                     Done<wire::HttpAnswer> done)
    : loop_(loop),
      resolver_(resolver),
      options_(options),
      tracker_(std::move(tracker)),
      done_(std::move(done)),
      stagger_(loop),
      limit_(loop) {}

void HttpFetch::start() { begin_connection(); }

// Getting connected --------------------------------------------------------------------------------------------------

void HttpFetch::begin_connection() {
  const TrackerUrl& url = tracker_.url;
  if (url.has_tls()) {
    auto trust = tracker_.trust(url.host, url.port);
    if (!trust) return finish(Failure(trust.error()));
    trust_ = *trust;
  }
  limit_.set(net::monotonic_now() + options_.connect_timeout, [self = weak_from_this()] {
    if (const auto alive = self.lock()) alive->finish(Failure(no_connection()));
  });
  const auto go_on = [self = weak_from_this()](const auto& found) {
    const auto alive = self.lock();
    if (!alive || !alive->done_) return;
    if (!found) return alive->finish(Failure(found.error().error));
    alive->addresses_ = in_order_of_trial(*found);
    alive->next_ = 0;
    alive->try_next();
  };
  using Found = Result<std::vector<SocketAddress>, ConnectionFault>;
  if (const auto literal = parse_ip(url.host)) return go_on(Found(std::vector<SocketAddress>{{*literal, url.port}}));
  resolver_.resolve(url.host, url.port, go_on);
}

void HttpFetch::try_next() {
  const auto socket = attempts_.emplace_back(std::make_shared<Socket>(loop_));
  socket->async_connect(tcp_endpoint(addresses_[next_++]),
                        [self = weak_from_this(), weak = std::weak_ptr(socket)](const ErrorCode& error) {
                          const auto alive = self.lock();
                          const auto tried = weak.lock();
                          if (!alive || !tried) return;
                          error ? alive->handle_failed(tried, error) : alive->handle_connected(tried);
                        });
  if (next_ == addresses_.size()) return stagger_.cancel();
  stagger_.set(net::monotonic_now() + kConnectDelay, [self = weak_from_this()] {
    if (const auto alive = self.lock()) alive->try_next();
  });
}

void HttpFetch::handle_failed(const std::shared_ptr<Socket>& socket, const ErrorCode& error) {
  std::erase(attempts_, socket);
  last_error_ = unreachable(error);
  if (next_ < addresses_.size()) return try_next();
  if (attempts_.empty()) finish(Failure(*last_error_));
}

void HttpFetch::handle_connected(const std::shared_ptr<Socket>& socket) {
  attempts_.clear();
  stagger_.cancel();
  socket_ = socket;
  ErrorCode ignored;
  socket_->non_blocking(true, ignored);
  socket_->set_option(tcp::no_delay(true), ignored);
  if (tracker_.url.has_tls()) tls_.emplace(socket_->native_handle(), trust_->tls(), tracker_.url.host);
  request_ = request_of(tracker_.url);
  sent_ = 0;
  blocked_ = false;
  reader_.emplace(wire::HttpAnswerLimits{});
  limit_.set(net::monotonic_now() + options_.answer_timeout, [self = weak_from_this()] {
    const auto alive = self.lock();
    if (!alive) return;
    alive->finish(Failure(
        Error{ErrorKind::kTimeout, "", "no answer in time", "the tracker may be overloaded: try again later", ""}));
  });
  advance();
}

// The request and its answer -----------------------------------------------------------------------------------------

void HttpFetch::advance() {
  const auto self = shared_from_this();  // finish() may drop the last other reference
  // TLS shakes hands while it reads, and only then takes what is to be written: in the other order, a handshake that
  // ends here would leave the request behind.
  if (!read()) return;
  write();
  await();
}

void HttpFetch::write() {
  if (tls_ && !tls_->established()) return;
  while (sent_ < request_.size()) {
    const net::StreamIo io = send(as_bytes(request_).subspan(sent_));
    blocked_ = io.kind == Kind::kAgain;
    if (blocked_) return;
    // A server may answer before it has read all, and close: what it says tells more than this.
    if (io.kind != Kind::kDone) return;
    sent_ += io.size;
  }
}

// False when the fetch has gone another way.
bool HttpFetch::read() {
  std::array<std::byte, 16384> area;
  for (;;) {
    const net::StreamIo io = receive(area);
    if (io.kind == Kind::kAgain) return true;
    if (io.kind != Kind::kDone) {
      break_off();
      return false;
    }
    const auto whole = reader_->feed(as_text(std::span(area).first(io.size)));
    if (!whole) {
      finish(Failure(unusable_answer(tame(whole.error()))));
      return false;
    }
    if (!*whole) continue;
    take_answer();
    return false;
  }
}

void HttpFetch::await() {
  const auto go_on = [self = weak_from_this(), weak = std::weak_ptr(socket_)](const ErrorCode& error) {
    const auto alive = self.lock();
    if (!error && alive && weak.lock()) alive->advance();
  };
  const bool wants_room = blocked_ || (tls_ && tls_->awaits_room());
  socket_->async_wait(wants_room ? Socket::wait_write : Socket::wait_read, go_on);
}

net::StreamIo HttpFetch::receive(std::span<std::byte> out) {
  if (tls_) return tls_->read(out);
  return outcome_of(::recv(socket_->native_handle(), out.data(), out.size(), 0));
}

net::StreamIo HttpFetch::send(Bytes bytes) {
  if (tls_) return tls_->write(bytes);
  return outcome_of(::send(socket_->native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

// The connection has ended.
void HttpFetch::break_off() {
  if (tls_ && tls_->refusal()) return finish(Failure(distrusted(tracker_.url, *trust_, *tls_->refusal())));
  if (tls_ && !tls_->established()) {
    const std::string why = tls_->fault().empty() ? "the connection ended" : tls_->fault();
    return finish(Failure(Error{ErrorKind::kIncompatible, "", "no TLS with this server: " + why, kCheckUrl, ""}));
  }
  if (const auto ended = reader_->finish(); !ended) return finish(Failure(lost(ended.error())));
  take_answer();
}

void HttpFetch::take_answer() {
  wire::HttpAnswer answer = reader_->take();
  if (tls_) tls_->say_goodbye();
  if (!is_redirect(answer.status) || answer.location.empty()) return finish(std::move(answer));
  auto to = next_place(tracker_.url, answer.location, ++redirects_);
  if (!to) return finish(Failure(unusable_answer(to.error())));
  tls_.reset();
  socket_.reset();
  trust_.reset();
  tracker_.url = *std::move(to);
  begin_connection();
}

void HttpFetch::finish(Result<wire::HttpAnswer, Error> result) {
  attempts_.clear();
  stagger_.cancel();
  limit_.cancel();
  tls_.reset();
  socket_.reset();
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace torq::client
