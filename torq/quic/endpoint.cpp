// SPDX-License-Identifier: MIT
#include "torq/quic/endpoint.hpp"

#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "torq/quic/native.hpp"

namespace torq::quic {
namespace {

// Nothing that is a QUIC packet is smaller (RFC 9000 10.3: 5 bits of header, 38 unpredictable bits, a token).
constexpr std::size_t kSmallestDatagram = 21;
constexpr std::size_t kSmallestInitialDatagram = 1200;
constexpr std::size_t kShortestFirstDestination = 8;  // RFC 9000 7.2
constexpr std::uint32_t kVersionNegotiation = 0;
constexpr std::chrono::milliseconds kPauseOfAStuckTimer{1};
constexpr std::size_t kLooksForGreed = 64;
// Refused events that may wait to be taken: a batch of datagrams brings no more that anyone would read.
constexpr std::size_t kMostUntoldRefusals = 64;

std::uint64_t draw_key(Entropy& entropy) {
  std::array<std::byte, 8> bytes;
  entropy.fill(bytes);
  std::uint64_t key = 0;
  std::memcpy(&key, bytes.data(), bytes.size());
  return key;
}

// RFC 9000 8.1 and 21.3: ports that no client has, where a spoofed datagram would make an answer do harm.
bool could_be_a_client(const SocketAddress& address) { return address.port != 0; }

}  // namespace

Endpoint::Endpoint(EndpointOptions options, Entropy& entropy)
    : options_(std::move(options)),
      entropy_(entropy),
      admission_(options_.limits, draw_key(entropy)),
      by_id_(0, ConnectionIdHash{draw_key(entropy)}),
      closing_(options_.limits.closing, ConnectionIdHash{draw_key(entropy)}) {}

Endpoint::~Endpoint() = default;

// In -----------------------------------------------------------------------------------------------------------------

// ngtcp2 aborts on time that goes backwards.
Instant Endpoint::advance(Instant now) {
  bury();
  now_ = std::max(now_, now);
  return now_;
}

void Endpoint::handle_datagram(Instant now, const Path& path, Ecn ecn, Bytes datagram) {
  now = advance(now);
  sort(now, path, ecn, datagram);
  relieve(now);
}

void Endpoint::sort(Instant now, const Path& path, Ecn ecn, Bytes datagram) {
  ++counts_.datagrams_in;
  counts_.bytes_in += datagram.size();
  if (datagram.size() < kSmallestDatagram) return counts_.dropped.add(Drop::kTooShort);
  if (!could_be_a_client(path.remote)) return counts_.dropped.add(Drop::kSourcePort);
  const auto header = parse_invariants(datagram, options_.server ? kServerCidLength : kClientCidLength);
  if (!header) return counts_.dropped.add(Drop::kMalformed);
  // ngtcp2 would take version 2 as well.
  if (header->is_long && header->version != kVersionNegotiation && header->version != NGTCP2_PROTO_VER_V1) {
    if (!options_.server || datagram.size() < kSmallestInitialDatagram) return counts_.dropped.add(Drop::kMalformed);
    if (answer(path, write_version_negotiation(*header, entropy_))) ++counts_.version_negotiations;
    return;
  }
  if (header->destination.size() > ConnectionId::kMaxLength) return counts_.dropped.add(Drop::kMalformed);
  const auto known = by_id_.find(ConnectionId(header->destination));
  if (known == by_id_.end()) return handle_unknown(now, path, ecn, datagram, *header);
  Connection& connection = *known->second;
  // Only its first datagram can tell that a connection should not have begun; see accept().
  connection.handle_datagram(now, path, ecn, datagram);
  settle(now, connection);
}

void Endpoint::handle_unknown(Instant now, const Path& path, Ecn ecn, Bytes datagram, const Invariants& header) {
  const ConnectionId id(header.destination);
  if (const auto closed = closing_.find(id)) {
    if (closed->reply.empty()) return counts_.dropped.add(Drop::kAbsorbed);
    answer(path, Datagram(closed->reply.begin(), closed->reply.end()));
    return;
  }
  if (!header.is_long && ended_by_reset(now, path, datagram)) return;
  if (!options_.server) return counts_.dropped.add(Drop::kUnknown);
  if (!header.is_long) return reset_unknown(now, path, id, datagram.size());
  ngtcp2_pkt_hd initial;
  if (ngtcp2_accept(&initial, to_native(datagram), datagram.size()) != 0) return counts_.dropped.add(Drop::kUnknown);
  handle_initial(now, path, ecn, datagram, initial);
}

// A stateless reset looks like a packet for an ID that nobody has: it is recognised by the token at its end, which the
// connection knows (RFC 9000 10.3.1). Only servers send them to us.
bool Endpoint::ended_by_reset(Instant now, const Path& path, Bytes datagram) {
  for (Connection* connection : dialled_) {
    if (!connection->established() || connection->current_path() != path) continue;
    connection->handle_datagram(now, path, Ecn::kNone, datagram);
    settle(now, *connection);
    if (connection->close_reason()) return true;
  }
  return false;
}

void Endpoint::handle_initial(Instant now, const Path& path, Ecn ecn, Bytes datagram, const ngtcp2_pkt_hd& initial) {
  if (const auto refusal = general_refusal()) return refuse(path, initial, *refusal);
  const TokenCheck token = check_token(token_time(), initial, path, options_.secrets);
  if (token.verdict == TokenVerdict::kInvalid) return refuse(path, initial, Refusal::kInvalidToken);
  const bool after_retry = token.verdict == TokenVerdict::kRetried;
  if (!after_retry && initial.dcid.datalen < kShortestFirstDestination) return counts_.dropped.add(Drop::kMalformed);
  const bool proven = token.verdict != TokenVerdict::kNone;
  const auto verdict = admission_.judge(now, path.remote.ip, proven, counts_);
  if (std::holds_alternative<Admission::AskToRetry>(verdict)) return ask_to_retry(path, initial);
  if (const auto* refusal = std::get_if<Refusal>(&verdict)) return refuse(path, initial, *refusal);
  accept(now, path, ecn, datagram, initial, token);
}

// Whoever it is that comes.
std::optional<Refusal> Endpoint::general_refusal() {
  if (refusing_) return Refusal::kDraining;
  if (connections_.size() >= options_.limits.connections) {
    note(LimitHit::kConnections);
    return Refusal::kConnections;
  }
  if (memory_ > options_.limits.memory) {
    note(LimitHit::kMemory);
    return Refusal::kMemory;
  }
  return std::nullopt;
}

void Endpoint::accept(Instant now, const Path& path, Ecn ecn, Bytes datagram, const ngtcp2_pkt_hd& initial,
                      const TokenCheck& token) {
  Connection& connection = add_connection();
  const ConnectionId first_destination = from_cid(initial.dcid);
  const std::span sent(initial.token, token.verdict == TokenVerdict::kNone ? 0 : initial.tokenlen);
  ClientInitial client{initial.version, first_destination, from_cid(initial.scid), std::as_bytes(sent), std::nullopt};
  if (token.verdict == TokenVerdict::kRetried) client.original_destination = token.original_destination;
  connection.accept(now, path, *options_.server, client);
  by_id_[first_destination] = &connection;
  connection.first_destination = first_destination;
  connection.place = admission_.enter(now, path.remote.ip, token.verdict != TokenVerdict::kNone);
  switch (connection.handle_datagram(now, path, ecn, datagram)) {
    case Connection::ReadResult::kOk:
      ++counts_.accepted;
      return settle(now, connection);
    case Connection::ReadResult::kNeedsRetry:
      ask_to_retry(path, initial);
      return erase(connection);
    case Connection::ReadResult::kDropped:
      counts_.dropped.add(Drop::kUnreadable);
      return erase(connection);
  }
}

void Endpoint::refuse(const Path& path, const ngtcp2_pkt_hd& initial, Refusal reason) {
  counts_.refused.add(reason);
  const bool bad_token = reason == Refusal::kInvalidToken;
  answer(path, write_refusal(initial, bad_token ? NGTCP2_INVALID_TOKEN : NGTCP2_CONNECTION_REFUSED));
  if (untold_refusals_ >= kMostUntoldRefusals) return;
  ++untold_refusals_;
  events_.push_back({{}, Refused{path.remote, reason}});
}

void Endpoint::ask_to_retry(const Path& path, const ngtcp2_pkt_hd& initial) {
  const ConnectionId source = make_connection_id(entropy_, kServerCidLength, options_.worker);
  if (answer(path, write_retry(token_time(), initial, path, source, options_.secrets))) ++counts_.retries;
}

void Endpoint::reset_unknown(Instant now, const Path& path, const ConnectionId& id, std::size_t trigger_size) {
  if (now - reset_second_ >= std::chrono::seconds(1)) {
    reset_second_ = now;
    resets_this_second_ = 0;
  }
  if (resets_this_second_ >= options_.limits.resets_per_second) {
    note(LimitHit::kResets);
    return counts_.dropped.add(Drop::kNoAnswer);
  }
  auto reset = write_stateless_reset(id, trigger_size, options_.secrets, entropy_);
  if (!reset) return counts_.dropped.add(Drop::kUnknown);
  ++resets_this_second_;
  if (answer(path, std::move(*reset))) ++counts_.resets;
}

// False when too many wait, and when there was nothing to say.
bool Endpoint::answer(const Path& path, Datagram datagram) {
  if (datagram.empty()) return false;
  if (answers_.size() >= options_.limits.stateless) {
    note(LimitHit::kAnswers);
    counts_.dropped.add(Drop::kNoAnswer);
    return false;
  }
  answers_.push_back({path, std::move(datagram)});
  return true;
}

void Endpoint::handle_timeout(Instant now) {
  now = advance(now);
  closing_.expire(now);
  while (Connection* connection = timers_.due(now)) {
    connection->handled_deadline = connection->next_timeout();
    connection->handle_timeout(now);
    settle(now, *connection);
    // A deadline that is due still, after it was handled, is due because something can be written: that comes next.
    if (connection->timer_slot != kNoTimer && timers_.due(now) == connection) timers_.remove(*connection);
  }
}

// Out ----------------------------------------------------------------------------------------------------------------

std::optional<Event> Endpoint::next_event() {
  bury();
  if (events_.empty()) return std::nullopt;
  std::optional<Event> event(events_.take_front());
  if (std::holds_alternative<Refused>(event->what)) --untold_refusals_;
  if (std::holds_alternative<Closed>(event->what)) {
    const auto it = connections_.find(event->connection);
    graves_.push_back(std::move(it->second));
    connections_.erase(it);
  }
  return event;
}

std::optional<Transmit> Endpoint::next_transmit(Instant now, std::span<std::byte> out) {
  now = advance(now);
  if (!answers_.empty()) {
    const Answer& next = answers_.front();
    std::ranges::copy(next.datagram, out.begin());
    const Transmit transmit{next.path, Ecn::kNone, next.datagram.size(), next.datagram.size()};
    answers_.pop_front();
    return counted(transmit);
  }
  while (!touched_.empty()) {
    Connection& connection = *touched_.front();
    touched_.pop_front();
    connection.touched = false;
    const auto run = connection.next_transmit(now, out);
    if (run && connection.may_have_more()) touch(connection);  // after the others had their turn
    settle(now, connection);
    if (run) return counted(*run);
    if (!answers_.empty()) return next_transmit(now, out);  // its CONNECTION_CLOSE
  }
  return std::nullopt;
}

Transmit Endpoint::counted(const Transmit& run) {
  counts_.datagrams_out += (run.size + run.segment_size - 1) / run.segment_size;
  counts_.bytes_out += run.size;
  return run;
}

std::optional<Instant> Endpoint::next_timeout() const {
  const auto timer = timers_.earliest();
  const auto closing = closing_.next_timeout();
  if (!timer || !closing) return timer ? timer : closing;
  return std::min(*timer, *closing);
}

// Connections --------------------------------------------------------------------------------------------------------

ConnectionHandle Endpoint::connect(Instant now, const Path& path, const ClientTls& tls, std::string server_name,
                                   const Keepsakes& keepsakes) {
  now = advance(now);
  Connection& connection = add_connection();
  dialled_.push_back(&connection);
  connection.connect(now, path, tls, std::move(server_name), keepsakes);
  settle(now, connection);
  return connection.handle();
}

Connection* Endpoint::find(ConnectionHandle handle) {
  const auto it = connections_.find(handle);
  if (it != connections_.end()) return it->second.get();
  const auto grave = std::ranges::find_if(graves_, [&](const auto& dead) { return dead->handle() == handle; });
  return grave == graves_.end() ? nullptr : grave->get();
}

void Endpoint::close(Instant now, ConnectionHandle handle, std::uint64_t code) {
  const auto it = connections_.find(handle);
  if (it == connections_.end() || it->second->close_reason()) return;
  now_ = std::max(now_, now);
  it->second->close(now_, {CloseKind::kLocal, code, "closed here", ""});
  settle(now_, *it->second);
}

void Endpoint::abort(Instant now, ConnectionHandle handle, std::uint64_t code, std::string text) {
  const auto it = connections_.find(handle);
  if (it == connections_.end() || it->second->close_reason()) return;
  now_ = std::max(now_, now);
  it->second->abort(now_, code, std::move(text));
  settle(now_, *it->second);
}

std::vector<ConnectionHandle> Endpoint::connections() const {
  std::vector<ConnectionHandle> handles;
  for (const auto& [handle, connection] : connections_) handles.push_back(handle);
  return handles;
}

Connection& Endpoint::add_connection() {
  const ConnectionHandle handle{next_handle_++};
  ConnectionHost& host = *this;
  return *connections_.emplace(handle, std::make_unique<Connection>(handle, host, options_.limits)).first->second;
}

ConnectionId Endpoint::new_connection_id(Connection& connection) {
  const std::size_t length = options_.server ? kServerCidLength : kClientCidLength;
  const ConnectionId id = make_connection_id(entropy_, length, options_.worker);
  by_id_[id] = &connection;
  return id;
}

std::array<std::byte, 16> Endpoint::reset_token(const ConnectionId& id) const {
  return reset_token_of(id, options_.secrets);
}

std::vector<std::byte> Endpoint::address_token(const SocketAddress& client) const {
  return make_address_token(token_time(), client, options_.secrets);
}

void Endpoint::post(Event event) {
  if (std::holds_alternative<Connected>(event.what)) ++counts_.established;
  events_.push_back(std::move(event));
}

void Endpoint::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(&connection);
}

// Memory that was promised to many and is used by many: whoever has most of it pays. A connection that holds no more
// than its fair share is left alone; those are bounded by their number.
void Endpoint::relieve(Instant now) {
  if (memory_ <= options_.limits.memory) relief_at_ = options_.limits.memory;
  if (memory_ <= relief_at_) return;
  Connection* greediest = nullptr;
  for (const auto& [handle, connection] : connections_) {
    if (connection->retired) continue;
    if (greediest == nullptr || connection->memory() > greediest->memory()) greediest = connection.get();
  }
  if (greediest == nullptr || greediest->memory() <= Limits::kFairShare) {
    relief_at_ = memory_ + options_.limits.memory / kLooksForGreed;  // not with every datagram
    return;
  }
  note(LimitHit::kMemory);
  greediest->close(now,
                   {CloseKind::kOverLimit, NGTCP2_INTERNAL_ERROR, "it held the most memory when that ran out", ""});
  settle(now, *greediest);
}

// After anything that may have changed a connection's state: its deadline, its place among the half-open, its end.
void Endpoint::settle(Instant now, Connection& connection) {
  if (connection.close_reason()) return retire(now, connection);
  if (connection.established() && connection.place) admission_.establish(*connection.place);
  if (connection.touched) return;  // its deadline changes again when it is written, before anybody asks for it
  auto deadline = connection.next_timeout();
  // One that was handled and has not moved would be due for ever, and its owner busy for ever.
  if (deadline && deadline == connection.handled_deadline) deadline = now + kPauseOfAStuckTimer;
  timers_.set(connection, deadline);
}

// Datagrams do not find the connection any more. Returns the IDs that did.
std::vector<ConnectionId> Endpoint::forget_ids(Connection& connection) {
  if (connection.place) admission_.leave(*connection.place);
  connection.place.reset();
  std::vector<ConnectionId> ids = connection.connection_ids();
  if (connection.first_destination) ids.push_back(*connection.first_destination);
  for (const ConnectionId& id : ids) by_id_.erase(id);
  return ids;
}

// The connection has ended. It stays readable until its Closed event is taken.
void Endpoint::retire(Instant now, Connection& connection) {
  if (connection.retired) return;
  connection.retired = true;
  std::vector<ConnectionId> ids = forget_ids(connection);
  std::erase(dialled_, &connection);
  timers_.remove(connection);
  connection.leave_ledger();
  const CloseReason& reason = *connection.close_reason();
  const auto& packet = connection.closing_packet();
  // Each connection ends once: however many do at a time, all of their last words wait to be sent.
  if (!packet.empty()) answers_.push_back({connection.current_path(), packet});
  // A peer that was not told and has not told us, after the idle time-out, is better off with a stateless reset.
  const bool both_know = reason.kind == CloseKind::kPeerTransport || reason.kind == CloseKind::kPeerApplication;
  if (both_know || !packet.empty()) closing_.add(now + 3 * connection.probe_timeout(), std::move(ids), packet);
  counts_.closed.add(reason.kind);
  post({connection.handle(), Closed{reason}});
}

// A connection that never was: nobody has heard of it, nobody is told.
void Endpoint::erase(Connection& connection) {
  forget_ids(connection);
  timers_.remove(connection);
  touched_.erase(&connection);
  connections_.erase(connection.handle());
}

void Endpoint::bury() {
  for (const auto& dead : graves_) {
    if (dead->touched) touched_.erase(dead.get());
  }
  graves_.clear();
}

}  // namespace torq::quic
