// SPDX-License-Identifier: MIT
#include "torq/client/udp_tracker.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "torq/base/sockaddr.hpp"
#include "torq/client/dial.hpp"
#include "torq/client/faults.hpp"
#include "torq/net/clock.hpp"

namespace torq::client {
namespace {

using boost::asio::ip::udp;
using ErrorCode = boost::system::error_code;

constexpr Duration kAttemptDelay = std::chrono::milliseconds(250);  // RFC 8305 8, "Connection Attempt Delay"
constexpr std::size_t kLongestDatagram = 65536;

Error unreachable(std::string message) {
  return {ErrorKind::kUnreachable, "", std::move(message),
          "check that the tracker runs, its port, and that UDP passes the firewalls", ""};
}

Error unresolved() {
  return {ErrorKind::kName, "", "the host name did not resolve in time", "check the network, or the name servers", ""};
}

udp::endpoint udp_endpoint(const SocketAddress& address) {
  const SockAddr native(address);
  udp::endpoint endpoint;
  endpoint.resize(native.size());
  std::copy_n(reinterpret_cast<const char*>(native.data()), native.size(), reinterpret_cast<char*>(endpoint.data()));
  return endpoint;
}

}  // namespace

UdpTracker::UdpTracker(boost::asio::io_context& loop, Resolver& resolver, const Options& options, Entropy& entropy)
    : loop_(loop), resolver_(resolver), options_(options), entropy_(entropy), alarm_(loop) {}

void UdpTracker::ask(Instant now, const std::string& host, std::uint16_t port, UdpQuestion question, Done done) {
  const std::uint64_t number = next_number_++;
  const auto& added = waiting_.emplace(number, Waiting{std::move(question), std::move(done)}).first->second;
  if (chosen_) {
    chosen_->conversation.ask(now, number, added.question, now + options_.answer_timeout);
  } else if (!dialling_) {
    dial(now, host, port);
  }
  flush(now);
}

bool UdpTracker::idle(Instant now) const {
  return waiting_.empty() && !dialling_ && !(chosen_ && chosen_->conversation.connected(now));
}

void UdpTracker::shut_down(const Error& error) { fail_all(error); }

void UdpTracker::dial(Instant now, const std::string& host, std::uint16_t port) {
  dialling_ = true;
  dial_ends_ = now + options_.connect_timeout;
  if (const auto literal = parse_ip(host)) return begin(now, {{*literal, port}});
  resolver_.resolve(host, port, [this, alive = weak_from_this()](const auto& found) {
    if (alive.expired() || !dialling_ || !addresses_.empty()) return;
    const Instant later = net::monotonic_now();
    found ? begin(later, *found) : fail_all(found.error().error);
    flush(later);
  });
}

void UdpTracker::begin(Instant now, const std::vector<SocketAddress>& resolved) {
  addresses_ = in_order_of_trial(resolved);
  next_ = 0;
  try_next(now);
}

void UdpTracker::try_next(Instant now) {
  stagger_.reset();
  AttemptPtr attempt;
  while (!attempt && next_ < addresses_.size()) attempt = open(addresses_[next_++]);
  if (!attempt) {
    if (attempts_.empty()) fail_all(unreachable("this machine has no way to the tracker's address"));
    return;
  }
  attempt->conversation.knock(now);
  await_datagram(attempt);
  attempts_.push_back(std::move(attempt));
  if (next_ < addresses_.size()) stagger_ = now + kAttemptDelay;
}

// A connected socket, so that only the tracker's address is heard, and that the kernel tells when nobody has the port.
UdpTracker::AttemptPtr UdpTracker::open(const SocketAddress& address) {
  const udp::endpoint endpoint = udp_endpoint(address);
  udp::socket socket(loop_);
  ErrorCode error;
  socket.open(endpoint.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.connect(endpoint, error);
  if (error) return nullptr;
  return std::make_shared<Attempt>(Attempt{std::move(socket), UdpConversation(address.ip.family(), entropy_)});
}

void UdpTracker::await_datagram(const AttemptPtr& attempt) {
  attempt->socket.async_wait(udp::socket::wait_read,
                             [this, alive = weak_from_this(), weak = std::weak_ptr(attempt)](const ErrorCode& error) {
                               const auto self = alive.lock();
                               const auto readable = weak.lock();
                               if (error || !self || !readable) return;
                               const Instant now = net::monotonic_now();
                               read(now, readable);
                               flush(now);
                               if (std::ranges::find(attempts_, readable) != attempts_.end()) await_datagram(readable);
                             });
}

void UdpTracker::read(Instant now, const AttemptPtr& attempt) {
  std::array<std::byte, kLongestDatagram> buffer;
  for (;;) {
    ErrorCode error;
    const std::size_t size = attempt->socket.receive(boost::asio::buffer(buffer), 0, error);
    if (error == boost::asio::error::connection_refused) return drop(now, attempt, port_closed().error);
    if (error) break;
    attempt->conversation.handle_datagram(now, std::span(buffer).first(size));
  }
  if (attempt->conversation.refusal()) return drop(now, attempt, *attempt->conversation.refusal());
  if (dialling_ && attempt->conversation.connected(now)) choose(now, attempt);
}

void UdpTracker::choose(Instant now, const AttemptPtr& attempt) {
  chosen_ = attempt;
  attempts_ = {attempt};
  dialling_ = false;
  stagger_.reset();
  for (const auto& [number, waiting] : waiting_) {
    chosen_->conversation.ask(now, number, waiting.question, now + options_.answer_timeout);
  }
}

void UdpTracker::drop(Instant now, const AttemptPtr& attempt, const Error& error) {
  std::erase(attempts_, attempt);
  if (dialling_ && next_ < addresses_.size()) return try_next(now);
  if (attempts_.empty()) fail_all(error);
}

void UdpTracker::check_time(Instant now) {
  if (dialling_ && dial_ends_ <= now)
    return fail_all(addresses_.empty() ? unresolved() : unreachable("no answer over UDP"));
  if (stagger_ && *stagger_ <= now) try_next(now);
  for (const AttemptPtr& attempt : attempts_) attempt->conversation.handle_timeout(now);
}

// Sends what is due, tells what has come of questions, and looks when there is more to do.
void UdpTracker::flush(Instant now) {
  std::optional<Instant> next = stagger_;
  const auto consider = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  if (dialling_) consider(dial_ends_);
  for (const AttemptPtr& attempt : attempts_) {
    send_from(now, *attempt);
    if (const auto when = attempt->conversation.next_timeout(now)) consider(*when);
  }
  alarm_.cancel();
  if (next) {
    alarm_.set(*next, [this, self = weak_from_this()] {
      const auto alive = self.lock();
      const Instant later = net::monotonic_now();
      check_time(later);
      flush(later);
    });
  }
  while (auto answered = chosen_ ? chosen_->conversation.next_answer() : std::nullopt) {
    auto node = waiting_.extract(answered->number);
    node.mapped().done(std::move(answered->answer));
  }
}

void UdpTracker::send_from(Instant now, Attempt& attempt) {
  std::array<std::byte, wire::kUdpMaxRequest> room;
  while (const std::size_t size = attempt.conversation.next_datagram(now, room)) {
    ErrorCode ignored;  // a datagram that is lost here is sent again like any other
    attempt.socket.send(boost::asio::buffer(room.data(), size), 0, ignored);
  }
}

void UdpTracker::fail_all(const Error& error) {
  dialling_ = false;
  stagger_.reset();
  addresses_.clear();
  attempts_.clear();
  chosen_.reset();
  alarm_.cancel();
  for (auto& [number, waiting] : std::exchange(waiting_, {})) waiting.done(Failure(error));
}

}  // namespace torq::client
