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
  if (datagram.size() < kSmallestDatagram || !could_be_a_client(path.remote)) return;
  const auto header = parse_invariants(datagram, options_.server ? kServerCidLength : kClientCidLength);
  if (!header) return;
  // ngtcp2 would take version 2 as well.
  if (header->is_long && header->version != kVersionNegotiation && header->version != NGTCP2_PROTO_VER_V1) {
    if (options_.server && datagram.size() >= kSmallestInitialDatagram) {
      answer(path, write_version_negotiation(*header, entropy_));
    }
    return;
  }
  if (header->destination.size() > ConnectionId::kMaxLength) return;
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
    if (!closed->reply.empty()) answer(path, Datagram(closed->reply.begin(), closed->reply.end()));
    return;
  }
  if (!header.is_long && ended_by_reset(now, path, datagram)) return;
  if (!options_.server) return;
  if (!header.is_long) return reset_unknown(now, path, id, datagram.size());
  ngtcp2_pkt_hd initial;
  if (ngtcp2_accept(&initial, to_native(datagram), datagram.size()) == 0) {
    handle_initial(now, path, ecn, datagram, initial);
  }
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
  if (refusing_ || connections_.size() >= options_.limits.connections) {
    return answer(path, write_refusal(initial, NGTCP2_CONNECTION_REFUSED));
  }
  const TokenCheck token = check_token(token_time(), initial, path, options_.secrets);
  switch (token.verdict) {
    case TokenVerdict::kInvalid:
      return answer(path, write_refusal(initial, NGTCP2_INVALID_TOKEN));
    case TokenVerdict::kRetried:
      return accept(now, path, ecn, datagram, initial, token);
    case TokenVerdict::kKnown:
    case TokenVerdict::kNone:
      if (initial.dcid.datalen < kShortestFirstDestination) return;
      if (token.verdict == TokenVerdict::kNone && half_open_ >= options_.limits.half_open) {
        return ask_to_retry(path, initial);
      }
      return accept(now, path, ecn, datagram, initial, token);
  }
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
  connection.half_open = true;
  ++half_open_;
  switch (connection.handle_datagram(now, path, ecn, datagram)) {
    case Connection::ReadResult::kOk:
      return settle(now, connection);
    case Connection::ReadResult::kNeedsRetry:
      ask_to_retry(path, initial);
      [[fallthrough]];
    case Connection::ReadResult::kDropped:
      return erase(connection);
  }
}

void Endpoint::ask_to_retry(const Path& path, const ngtcp2_pkt_hd& initial) {
  const ConnectionId source = make_connection_id(entropy_, kServerCidLength, options_.worker);
  answer(path, write_retry(token_time(), initial, path, source, options_.secrets));
}

void Endpoint::reset_unknown(Instant now, const Path& path, const ConnectionId& id, std::size_t trigger_size) {
  if (now - reset_second_ >= std::chrono::seconds(1)) {
    reset_second_ = now;
    resets_this_second_ = 0;
  }
  if (resets_this_second_ >= options_.limits.resets_per_second) return;
  if (auto reset = write_stateless_reset(id, trigger_size, options_.secrets, entropy_)) {
    ++resets_this_second_;
    answer(path, std::move(*reset));
  }
}

void Endpoint::answer(const Path& path, Datagram datagram) {
  if (datagram.empty() || answers_.size() >= options_.limits.stateless) return;
  answers_.push_back({path, std::move(datagram)});
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
  Event event = std::move(events_.front());
  events_.pop_front();
  if (std::holds_alternative<Closed>(event.what)) {
    const auto it = connections_.find(event.connection);
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
    return transmit;
  }
  while (!touched_.empty()) {
    Connection& connection = *touched_.front();
    touched_.pop_front();
    connection.touched = false;
    const auto run = connection.next_transmit(now, out);
    if (run && connection.may_have_more()) touch(connection);  // after the others had their turn
    settle(now, connection);
    if (run) return run;
    if (!answers_.empty()) return next_transmit(now, out);  // its CONNECTION_CLOSE
  }
  return std::nullopt;
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

void Endpoint::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(&connection);
}

// After anything that may have changed a connection's state: its deadline, its place among the half-open, its end.
void Endpoint::settle(Instant now, Connection& connection) {
  if (connection.close_reason()) return retire(now, connection);
  if (connection.established()) leave_half_open(connection);
  if (connection.touched) return;  // its deadline changes again when it is written, before anybody asks for it
  auto deadline = connection.next_timeout();
  // One that was handled and has not moved would be due for ever, and its owner busy for ever.
  if (deadline && deadline == connection.handled_deadline) deadline = now + kPauseOfAStuckTimer;
  timers_.set(connection, deadline);
}

void Endpoint::leave_half_open(Connection& connection) {
  if (!connection.half_open) return;
  connection.half_open = false;
  --half_open_;
}

// Datagrams do not find the connection any more. Returns the IDs that did.
std::vector<ConnectionId> Endpoint::forget_ids(Connection& connection) {
  leave_half_open(connection);
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
  const CloseReason& reason = *connection.close_reason();
  const auto& packet = connection.closing_packet();
  // Each connection ends once: however many do at a time, all of their last words wait to be sent.
  if (!packet.empty()) answers_.push_back({connection.current_path(), packet});
  // A peer that was not told and has not told us, after the idle time-out, is better off with a stateless reset.
  const bool both_know = reason.kind == CloseKind::kPeerTransport || reason.kind == CloseKind::kPeerApplication;
  if (both_know || !packet.empty()) closing_.add(now + 3 * connection.probe_timeout(), std::move(ids), packet);
  post({connection.handle(), Closed{reason}});
}

// A connection that never was: nobody has heard of it, nobody is told.
void Endpoint::erase(Connection& connection) {
  forget_ids(connection);
  timers_.remove(connection);
  std::erase(touched_, &connection);
  connections_.erase(connection.handle());
}

void Endpoint::bury() {
  for (const auto& dead : graves_) {
    if (dead->touched) std::erase(touched_, dead.get());
  }
  graves_.clear();
}

}  // namespace torq::quic
