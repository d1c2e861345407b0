// SPDX-License-Identifier: MIT
#include "torq/client/dial.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "torq/client/link.hpp"
#include "torq/client/resolver.hpp"
#include "torq/net/clock.hpp"

namespace torq::client {
namespace {

constexpr Duration kAttemptDelay = std::chrono::milliseconds(250);  // RFC 8305 8, "Connection Attempt Delay"
// A server that restarts has no port for a moment. For so long it is knocked again, ever less often.
constexpr Duration kKnocking = std::chrono::seconds(4);
constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::milliseconds(800);
constexpr std::size_t kMostAddresses = 8;
// QUIC's first packets are repeated after 1, 3 and 7 seconds; a second try begins that row anew, with other ports and
// connection IDs, rather than wait for the packet at 15.
constexpr int kTriesPerTimeout = 2;

ConnectionFault unresolved_in_time() {
  return {{ErrorKind::kName, "", "the host name did not resolve in time", "check the network, or the name servers", ""},
          true};
}

ConnectionFault without_family() {
  return {{ErrorKind::kUnreachable, "", "this machine has no socket for the server's address family", "", ""}, false};
}

// A fault that no retry mends says more than silence.
bool tells_more(const ConnectionFault& a, const ConnectionFault& b) { return !a.worth_retry && b.worth_retry; }

}  // namespace

std::vector<SocketAddress> in_order_of_trial(const std::vector<SocketAddress>& resolved) {
  std::vector<SocketAddress> first;
  std::vector<SocketAddress> second;
  for (const SocketAddress& address : resolved) {
    auto& family = address.ip.family() == resolved.front().ip.family() ? first : second;
    if (std::ranges::find(family, address) == family.end()) family.push_back(address);
  }
  std::vector<SocketAddress> ordered;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < second.size()) ordered.push_back(second[i]);
  }
  ordered.resize(std::min(ordered.size(), kMostAddresses));
  return ordered;
}

Dial::Dial(LinkHost& host, Link& owner, const Server& server, Done done)
    : host_(host),
      owner_(owner),
      server_(server),
      done_(std::move(done)),
      pause_(kFirstPause),
      stagger_(host.loop()),
      limit_(host.loop()) {}

Dial::~Dial() {
  for (const Attempt& attempt : attempts_) host_.close(attempt.handle);
}

void Dial::start(Instant now) {
  started_ = now;
  limit_.set(now + host_.options().connect_timeout / kTriesPerTimeout, [this, &host = host_] {
    note(addresses_.empty() ? unresolved_in_time() : fault_of_dial({quic::CloseKind::kHandshakeTimeout, 0, "", ""}));
    finish(Failure(*fault_));
    host.flush();
  });
  if (const auto literal = parse_ip(server_.host)) return begin(now, {{*literal, server_.port}});
  resolve();
}

void Dial::resolve() {
  host_.resolver().resolve(server_.host, server_.port,
                           [this, alive = weak_from_this(), &host = host_](const auto& found) {
                             if (alive.expired()) return;
                             found ? begin(net::monotonic_now(), *found) : finish(Failure(found.error()));
                             host.flush();
                           });
}

void Dial::begin(Instant now, const std::vector<SocketAddress>& resolved) {
  addresses_ = in_order_of_trial(resolved);
  std::erase_if(addresses_, [&](const SocketAddress& address) { return !host_.has_socket_for(address.ip.family()); });
  if (addresses_.empty()) return finish(Failure(without_family()));
  keepsakes_ = host_.recall(server_);
  try_next(now);
}

void Dial::try_next(Instant now) {
  const SocketAddress& address = addresses_[next_++];
  attempts_.push_back({host_.connect(address, server_, keepsakes_, owner_), address});
  if (next_ == addresses_.size()) return stagger_.cancel();
  stagger_.set(now + kAttemptDelay, [this, &host = host_] {
    try_next(net::monotonic_now());
    host.flush();
  });
}

bool Dial::forget(quic::ConnectionHandle handle) {
  return std::erase_if(attempts_, [&](const Attempt& attempt) { return attempt.handle == handle; }) > 0;
}

void Dial::handle_refusal(const SocketAddress& remote) {
  const auto found = std::ranges::find(attempts_, remote, &Attempt::address);
  if (found == attempts_.end()) return;
  const quic::Connection* connection = host_.find(found->handle);
  if (connection != nullptr && connection->heard()) return;
  note(port_closed());
  refused_ = true;
  host_.close(found->handle);
}

void Dial::handle_connected(quic::ConnectionHandle handle) {
  if (!forget(handle)) return;
  finish(handle);
}

void Dial::handle_closed(Instant now, quic::ConnectionHandle handle, const quic::CloseReason& reason) {
  if (!forget(handle)) return;
  note(fault_of_dial(reason, server_));
  if (next_ < addresses_.size()) return try_next(now);
  if (!attempts_.empty()) return;
  if (refused_ && now - started_ < kKnocking) return knock_again(now);
  if (refused_) fault_->worth_retry = false;  // it was tried often enough
  finish(Failure(*fault_));
}

void Dial::knock_again(Instant now) {
  refused_ = false;
  next_ = 0;
  stagger_.set(now + pause_, [this, &host = host_] {
    try_next(net::monotonic_now());
    host.flush();
  });
  pause_ = std::min(2 * pause_, kLongestPause);
}

void Dial::note(ConnectionFault fault) {
  if (!fault_ || tells_more(fault, *fault_)) fault_ = std::move(fault);
}

void Dial::finish(const Result<quic::ConnectionHandle, ConnectionFault>& result) {
  const auto copy = result;  // `result` may be a member, which `done` destroys
  const auto done = std::move(done_);
  done(copy);
}

}  // namespace torq::client
