// SPDX-License-Identifier: MIT
#include "torq/client/link.hpp"

#include <algorithm>
#include <utility>

#include "torq/client/backoff.hpp"
#include "torq/client/json_exchange.hpp"
#include "torq/h3/get.hpp"
#include "torq/net/clock.hpp"
#include "torq/wire/request_encoder.hpp"

namespace torq::client {
namespace {

constexpr Duration kCapabilityPatience = std::chrono::seconds(5);
constexpr std::uint64_t kAbandoned = 0;  // the application error code of a stream that we give up

Error timed_out(const char* what) {
  return {ErrorKind::kTimeout, "", what, "the server may be overloaded: try again later", ""};
}

Error not_repeated() {
  return {ErrorKind::kLost, "", "the connection ended before the answer, and what was asked may count twice",
          "ask what the server knows before you repeat it", ""};
}

}  // namespace

Link::Link(LinkHost& host, Server server)
    : host_(host), server_(std::move(server)), pause_(host.loop()), watch_(host.loop()) {}

Link::~Link() = default;

template <class Condition>
std::vector<std::unique_ptr<Exchange>> Link::take_waiting_if(const Condition& condition) {
  std::vector<std::unique_ptr<Exchange>> taken;
  for (Queue* queue : {&ready_, &undecided_}) {
    std::erase_if(*queue, [&](Waiting& waiting) {
      const bool take = condition(waiting);
      if (take) taken.push_back(std::move(waiting.exchange));
      return take;
    });
  }
  return taken;
}

bool Link::idle() const { return active_.empty() && !has_waiting() && !dial_ && handles_ == 0; }

void Link::submit(Instant now, std::unique_ptr<Exchange> exchange) {
  enqueue({std::move(exchange), now});
  dispatch(now);
}

void Link::shut_down(const Error& error) {
  auto exchanges = take_waiting();
  for (auto& [stream, active] : active_) exchanges.push_back(std::move(active.exchange));
  active_.clear();
  dial_.reset();
  pause_.cancel();
  watch_.cancel();
  if (connection_) host_.close(*connection_);
  connection_.reset();
  for (const auto& exchange : exchanges) exchange->finish(error);
}

bool Link::cancel(Call call) {
  const auto is_it = [&](const Waiting& waiting) { return waiting.exchange->call == call; };
  for (Queue* queue : {&ready_, &undecided_}) {
    const auto found = std::ranges::find_if(*queue, is_it);
    if (found == queue->end()) continue;
    const auto exchange = std::move(found->exchange);
    queue->erase(found);
    give_up_if_unwanted();
    exchange->finish(cancelled());
    return true;
  }
  const auto found = std::ranges::find_if(active_, [&](const auto& a) { return a.second.exchange->call == call; });
  if (found == active_.end()) return false;
  abandon(found->first, cancelled());
  return true;
}

// Events of the connection -------------------------------------------------------------------------------------------

void Link::handle_event(Instant now, const quic::Event& event) {
  if (std::holds_alternative<quic::Connected>(event.what)) return handle_connected(now, event.connection);
  if (const auto* closed = std::get_if<quic::Closed>(&event.what)) {
    return handle_closed(now, event.connection, closed->reason);
  }
  if (event.connection != connection_) return;
  if (const auto* readable = std::get_if<quic::StreamReadable>(&event.what)) return read(now, readable->stream);
  if (const auto* writable = std::get_if<quic::StreamWritable>(&event.what)) return write(writable->stream);
  if (const auto* reset = std::get_if<quic::StreamReset>(&event.what)) return handle_reset(reset->stream);
  if (std::holds_alternative<quic::StreamsAvailable>(event.what)) dispatch(now);
}

void Link::handle_refusal(const SocketAddress& remote) {
  if (dial_) dial_->handle_refusal(remote);
}

void Link::handle_connected(Instant, quic::ConnectionHandle handle) {
  if (dial_) dial_->handle_connected(handle);
}

void Link::handle_closed(Instant now, quic::ConnectionHandle handle, const quic::CloseReason& reason) {
  --handles_;
  if (handle == connection_) {
    lose(now, fault_of_loss(reason));
  } else if (dial_) {
    dial_->handle_closed(now, handle, reason);
  }
}

void Link::read(Instant now, quic::StreamId stream) {
  const auto found = active_.find(stream);
  quic::Connection* connection = host_.find(*connection_);
  if (found == active_.end()) return;
  Active& active = found->second;
  const auto incoming = connection->peek(stream);
  Outcome outcome = active.exchange->take(incoming.bytes);
  if (outcome && incoming.last) outcome = active.exchange->end();
  connection->consume(stream, incoming.bytes.size());
  last_progress_ = now;
  if (!outcome) return abandon(stream, outcome.error());
  active.deadline.note(now, incoming.bytes.size());
  if (!incoming.last) return;
  if (!active.exchange->traits().is_preliminary) {
    served_ = true;
    failures_ = 0;
  }
  const auto exchange = take_from_stream(stream);
  dispatch(now);
  exchange->finish(std::nullopt);
}

void Link::write(quic::StreamId stream) {
  const auto found = active_.find(stream);
  if (found == active_.end()) return;
  Active& active = found->second;
  quic::Connection* connection = host_.find(*connection_);
  active.sent += connection->write(stream, as_bytes(active.request).subspan(active.sent));
  if (active.sent == active.request.size()) connection->finish(stream);
}

void Link::handle_reset(quic::StreamId stream) {
  if (!active_.contains(stream)) return;
  abandon(stream, {ErrorKind::kReset, "", "the server gave up before the end of its answer",
                   "try again; if it stays so, its operator's log may say why", ""});
}

// Carrying requests --------------------------------------------------------------------------------------------------

void Link::enqueue(Waiting waiting) {
  const bool undecided = waiting.exchange->traits().needs_capabilities && !offered_;
  Queue& queue = undecided ? undecided_ : ready_;
  queue.push_back(std::move(waiting));
  watch(waiting_deadline(queue.back()));
}

void Link::dispatch(Instant now) {
  if (!connection_) {
    if (has_waiting() && !dial_ && !pause_.when()) dial(now);
    return;
  }
  if (!undecided_.empty() && !asking_) ask_capabilities(now);
  quic::Connection* connection = host_.find(*connection_);
  while (!ready_.empty() && start_one(now, *connection)) {
  }
}

// False when the server lets no more streams be opened now.
bool Link::start_one(Instant now, quic::Connection& connection) {
  if (ready_.front().exchange->traits().is_http3 && !has_http3_) begin_http3(connection);
  auto request = ready_.front().exchange->compose(offered_.value_or(wire::CapabilitySet()));
  if (!request) {
    const auto exchange = std::move(ready_.front().exchange);
    ready_.pop_front();
    exchange->finish(request.error());
    return true;
  }
  const auto stream = connection.open_stream();
  if (!stream) return false;
  auto exchange = std::move(ready_.front().exchange);
  ready_.pop_front();
  const Deadline deadline(now, exchange->traits().patience, exchange->traits().renews_patience);
  if (active_.empty()) keep_alive(true);
  active_.emplace(*stream, Active{std::move(exchange), std::move(*request), 0, deadline});
  watch(deadline.when());
  write(*stream);
  return true;
}

// A server that gives no credit for it is none of HTTP/3, as its answers will show.
void Link::begin_http3(quic::Connection& connection) {
  has_http3_ = true;
  if (const auto control = connection.open_unidirectional_stream()) {
    connection.write(*control, as_bytes(h3::kClientControl));
  }
}

std::unique_ptr<Exchange> Link::take_from_stream(quic::StreamId stream) {
  auto node = active_.extract(stream);
  if (active_.empty()) keep_alive(false);
  return std::move(node.mapped().exchange);
}

// Only while something is asked of it: a connection that nobody uses may end. As often as this because of NATs that
// forget: where the server does all the talking, it talks to the old address until it hears from the new one.
void Link::keep_alive(bool wanted) {
  constexpr int kSignsPerTimeout = 15;
  quic::Connection* connection = host_.find(*connection_);
  if (connection == nullptr) return;
  connection->keep_alive(wanted ? std::optional<Duration>(host_.options().idle_timeout / kSignsPerTimeout)
                                : std::nullopt);
}

// The connection lives on without this stream.
void Link::abandon(quic::StreamId stream, const Error& error) {
  const auto exchange = take_from_stream(stream);
  if (quic::Connection* connection = host_.find(*connection_)) {
    connection->reset(stream, kAbandoned);
    connection->stop_sending(stream, kAbandoned);
  }
  exchange->finish(error);
}

std::vector<std::unique_ptr<Exchange>> Link::take_waiting() {
  return take_waiting_if([](const Waiting&) { return true; });
}

// What the server offers ---------------------------------------------------------------------------------------------

// Once per connection, before the first request that depends on it. A server that has not answered after a few seconds
// does not know the question.
void Link::ask_capabilities(Instant now) {
  asking_ = true;
  using Ask = JsonExchange<wire::CapabilityReply>;
  const wire::CapabilityRequest request{wire::CapabilitySet::all()};
  const Exchange::Traits traits{.repeatable = false,
                                .is_preliminary = true,
                                .patience = std::min<Duration>(host_.options().answer_timeout, kCapabilityPatience)};
  ready_.push_front(
      {std::make_unique<Ask>(traits,
                             Ask::Question{wire::encode_request(request), std::nullopt,
                                           &wire::AnswerParser::parse_capabilities, host_.options().max_answer_bytes},
                             host_.parser(), [this](const auto& reply) { learn(reply); }),
       now});
}

// A server that does not know the frame, or makes a mess of its answer, has no extensions.
void Link::learn(const Result<wire::CapabilityReply, Error>& reply) {
  asking_ = false;
  if (!connection_) return;  // lost: the next one is asked again
  offered_ = reply ? reply->capabilities : wire::CapabilitySet();
  settle_undecided();
  dispatch(last_progress_);
}

void Link::settle_undecided() {
  std::ranges::move(undecided_, std::back_inserter(ready_));
  undecided_.clear();
}

// Getting connected, again if need be --------------------------------------------------------------------------------

void Link::dial(Instant now) {
  dial_ = std::make_shared<Dial>(host_, *this, server_, [this](const auto& result) { handle_dialled(result); });
  dial_->start(now);
}

void Link::handle_dialled(const Result<quic::ConnectionHandle, ConnectionFault>& result) {
  const Instant now = net::monotonic_now();
  if (result) {
    connection_ = *result;
    served_ = false;
    last_progress_ = now;
    last_error_.reset();
    dial_.reset();
    return dispatch(now);
  }
  dial_.reset();
  served_ = false;
  if (result.error().worth_retry) return try_later(now, result.error().error);
  for (const auto& exchange : take_waiting()) exchange->finish(result.error().error);
}

// What was under way waits again where that does no harm, behind what was waiting already.
void Link::lose(Instant now, const ConnectionFault& fault) {
  connection_.reset();
  offered_.reset();
  has_http3_ = false;
  Queue waiting = std::exchange(ready_, {});
  std::vector<std::unique_ptr<Exchange>> lost;
  for (auto& [stream, active] : std::exchange(active_, {})) {
    const bool again = fault.worth_retry && active.exchange->traits().repeatable;
    if (again) {
      if (active.exchange->progressed()) active.exchange->failures = 0;
      waiting.push_back({std::move(active.exchange), now});
    } else {
      lost.push_back(std::move(active.exchange));
    }
  }
  for (Waiting& one : waiting) enqueue(std::move(one));  // the next connection has yet to say what it offers
  try_later(now, fault.error);
  for (const auto& exchange : lost) exchange->finish(fault.worth_retry ? not_repeated() : fault.error);
}

// A connection that answered something before it ended costs nobody a try, and no pause: the next one may well answer
// the rest. One that did not, or never was, costs one try of everyone who waits.
void Link::try_later(Instant now, const Error& error) {
  last_error_ = error;
  std::vector<std::unique_ptr<Exchange>> failed;
  if (!std::exchange(served_, false)) {
    ++failures_;
    failed = charge_waiting();
  }
  const BackoffLimits limits{host_.options().first_backoff, host_.options().longest_backoff};
  const Duration wait = failures_ == 0 ? Duration() : backoff_after(failures_, limits, host_.random());
  if (has_waiting()) {
    pause_.set(now + wait, [this, &host = host_] {
      dispatch(net::monotonic_now());
      host.flush();
    });
  }
  for (const auto& exchange : failed) exchange->finish(error);
}

std::vector<std::unique_ptr<Exchange>> Link::charge_waiting() {
  return take_waiting_if(
      [&](const Waiting& waiting) { return ++waiting.exchange->failures > host_.options().retries; });
}

void Link::give_up_if_unwanted() {
  if (connection_ || has_waiting()) return;
  dial_.reset();
  pause_.cancel();
}

// Deadlines ----------------------------------------------------------------------------------------------------------

void Link::watch(Instant deadline) {
  if (watch_.when() && *watch_.when() <= deadline) return;
  watch_.set(deadline, [this, &host = host_] {
    check_deadlines(net::monotonic_now());
    host.flush();
  });
}

void Link::check_deadlines(Instant now) {
  std::vector<quic::StreamId> late;
  for (const auto& [stream, active] : active_) {
    if (active.deadline.when() <= now) late.push_back(stream);
  }
  for (const auto stream : late) abandon(stream, timed_out("no answer, or none to its end, in time"));
  const Error error = overdue();
  const auto expired = take_waiting_if([&](const Waiting& waiting) { return waiting_deadline(waiting) <= now; });
  give_up_if_unwanted();
  for (const auto& [stream, active] : active_) watch(active.deadline.when());
  for (const Queue* queue : {&ready_, &undecided_}) {
    for (const Waiting& waiting : *queue) watch(waiting_deadline(waiting));
  }
  for (const auto& exchange : expired) exchange->finish(error);
}

// On a connection one waits for a stream, as long as the others' answers go on.
Instant Link::waiting_deadline(const Waiting& waiting) const {
  if (!connection_) return waiting.since + host_.options().connect_timeout;
  return std::max(waiting.since, last_progress_) + host_.options().progress_timeout;
}

Error Link::overdue() const {
  if (connection_) return timed_out("the server lets no further request begin");
  return last_error_.value_or(fault_of_dial({quic::CloseKind::kHandshakeTimeout, 0, "", ""}).error);
}

}  // namespace torq::client
