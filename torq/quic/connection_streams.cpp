// SPDX-License-Identifier: MIT
// The streams of a connection: what the application does with them, and what ngtcp2 says of them.
#include <ngtcp2/ngtcp2.h>

#include <cassert>

#include "torq/quic/connection.hpp"
#include "torq/quic/native.hpp"

namespace torq::quic {
namespace {

// What a server may make us keep: tickets and tokens per connection, the bytes of a token (which must fit an Initial).
constexpr std::size_t kMostKeepsakes = 16;
constexpr std::size_t kLargestToken = 512;

}  // namespace

// Streams, as the application uses them ------------------------------------------------------------------------------

Stream* Connection::search(StreamId id) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return nullptr;
  recent_ = &it->second;
  return recent_;
}

bool Connection::is_peers(StreamId id) const {
  return !ngtcp2_conn_is_local_stream(conn_, static_cast<std::int64_t>(id));
}

// Whatever is done to the peer's half, the ledger knows of the room that it takes.
template <class Change>
auto Connection::on_received(Stream& stream, Change change) {
  ledger_.remove(stream.received_capacity());
  struct Entry {
    Ledger& ledger;
    const Stream& stream;
    ~Entry() { ledger.add(stream.received_capacity()); }
  } entry{ledger_, stream};
  return change(stream);
}

std::optional<StreamId> Connection::open_stream() {
  if (close_reason_ || !established_) return std::nullopt;
  std::int64_t id = 0;
  if (ngtcp2_conn_open_bidi_stream(conn_, &id, nullptr) != 0) return std::nullopt;
  add_stream(StreamId{id});
  return StreamId{id};
}

std::optional<StreamId> Connection::open_unidirectional_stream() {
  if (close_reason_ || !established_) return std::nullopt;
  std::int64_t id = 0;
  if (ngtcp2_conn_open_uni_stream(conn_, &id, nullptr) != 0) return std::nullopt;
  add_stream(StreamId{id}).peer_gave_up = true;  // it has no half here
  return StreamId{id};
}

std::uint64_t Connection::unidirectional_streams_left() const {
  return close_reason_ || !established_ ? 0 : ngtcp2_conn_get_streams_uni_left(conn_);
}

std::size_t Connection::open_streams() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(streams_, [](const auto& entry) { return is_bidirectional(entry.first); }));
}

// A client has no use for what servers say on streams of their own: it is dropped.
bool Connection::delivers(StreamId id) const { return is_bidirectional(id) || ngtcp2_conn_is_server(conn_); }

Stream& Connection::add_stream(StreamId id) {
  Stream& stream = host_.stream_pool().add(streams_, id);
  recent_ = &stream;
  ledger_.add(stream.received_capacity());
  return stream;
}

Stream& Connection::find_or_add(StreamId id) {
  Stream* known = find(id);
  Stream& stream = known != nullptr ? *known : add_stream(id);
  if (!is_bidirectional(id)) stream.reset = true;  // we have no half
  return stream;
}

Connection::Incoming Connection::peek(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->peer_gave_up) return {};
  stream->announced = false;
  return {stream->unread(), stream->peer_finished};
}

Bytes Connection::glance(StreamId id) {
  const Stream* stream = find(id);
  return stream == nullptr || stream->peer_gave_up ? Bytes() : stream->unread();
}

void Connection::consume(StreamId id, std::size_t n) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  on_received(*stream, [n](Stream& it) { it.consume(n); });
  unread_ -= n;
  if (n > 0 && !close_reason_) {
    if (!stream->peer_finished) ngtcp2_conn_extend_max_stream_offset(conn_, static_cast<std::int64_t>(id), n);
    ngtcp2_conn_extend_max_offset(conn_, n);
    host_.touch(*this);
  }
  release_if_done(*stream);
}

std::size_t Connection::room(StreamId id) {
  const Stream* stream = find(id);
  return stream == nullptr ? 0 : room(*stream);
}

std::size_t Connection::room(const Stream& stream) const {
  if (stream.finished || stream.reset || close_reason_) return 0;
  // What the peer would not let us send need not be kept for it: a reader that has stopped costs next to nothing. The
  // connection's own window opens without a word to the streams, so a little always waits for it.
  constexpr std::uint64_t kLeastUnsent = 4 * 1024;
  const std::uint64_t window =
      std::min(ngtcp2_conn_get_max_stream_data_left(conn_, static_cast<std::int64_t>(stream.id)),
               std::max(ngtcp2_conn_get_max_data_left(conn_), kLeastUnsent));
  const std::size_t unsent = stream.outgoing.unsent();
  const std::size_t most = std::min<std::uint64_t>(limits_.max_unsent, window);
  const std::size_t own = most - std::min(most, unsent);
  return std::min(own, send_cap() - std::min(send_cap(), held_));
}

std::size_t Connection::write(StreamId id, Bytes bytes) {
  Stream* stream = find(id);
  if (stream == nullptr) return 0;
  const std::size_t n = std::min(bytes.size(), room(*stream));
  stream->wants_room = n < bytes.size();
  if (stream->wants_room) note_if_full(n);
  if (n == 0) return 0;
  stream->outgoing.append(bytes.first(n));
  on_written(*stream, n);
  return n;
}

std::span<std::byte> Connection::prepare(StreamId id, std::size_t most) {
  constexpr std::size_t kTooLittle = 4 * 1024;  // to be worth a step, while more room is on its way
  Stream* stream = find(id);
  if (stream == nullptr || most == 0) return {};
  const std::size_t n = std::min(most, room(*stream));
  stream->wants_room = n == 0 || (n < std::min(most, kTooLittle) && stream->outgoing.unsent() > 0);
  if (!stream->wants_room) return stream->outgoing.prepare(n);
  note_if_full(n);
  return {};
}

void Connection::commit(StreamId id, std::size_t n) {
  Stream* stream = find(id);
  assert(stream != nullptr && n <= room(*stream));
  if (n == 0) return;
  stream->outgoing.commit(n);
  on_written(*stream, n);
}

// A stream wants more room than `n`, which is what there is.
void Connection::note_if_full(std::size_t n) {
  if (held_ + n < send_cap()) return;
  full_ = true;
  host_.note(LimitHit::kUnreadResponse);
}

void Connection::on_written(Stream& stream, std::size_t n) {
  held_ += n;
  ledger_.add(n);
  queue(stream);
  host_.touch(*this);
}

void Connection::finish(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->finished || stream->reset) return;
  stream->finished = true;
  stream->wants_room = false;
  queue(*stream);
  host_.touch(*this);
}

void Connection::conclude(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  assert(stream->exhausted() && (stream->finished || stream->reset));
  stream->concluded = true;
}

void Connection::reset(StreamId id, std::uint64_t code) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->reset || close_reason_) return;
  stream->reset = true;
  ngtcp2_conn_shutdown_stream_write(conn_, 0, static_cast<std::int64_t>(id), code);
  host_.touch(*this);
}

void Connection::stop_sending(StreamId id, std::uint64_t code) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->peer_gave_up || close_reason_) return;
  const std::size_t dropped = on_received(*stream, [](Stream& it) { return it.drop_unread(); });
  unread_ -= dropped;
  ngtcp2_conn_extend_max_offset(conn_, dropped);
  stream->peer_gave_up = true;
  settle_request(*stream);
  ngtcp2_conn_shutdown_stream_read(conn_, 0, static_cast<std::int64_t>(id), code);
  host_.touch(*this);
  release_if_done(*stream);
}

// Late requests -------------------------------------------------------------------------------------------------------

Instant Connection::due_at(const Stream& stream) const {
  return stream.opened + (stream.begun ? limits_.request_timeout : limits_.first_byte_timeout);
}

// The request is whole, or will never be.
void Connection::settle_request(Stream& stream) {
  if (!stream.awaited) return;
  stream.awaited = false;
  if (--awaited_ == 0) late_at_.reset();
}

// What has come of a request, and what ngtcp2 keeps of it because it came out of order, is held until it is whole: not
// for ever.
void Connection::reset_late(Instant now) {
  std::vector<StreamId> late;
  late_at_.reset();
  for (const auto& [id, stream] : streams_) {
    if (!stream.awaited) continue;
    const Instant due = due_at(stream);
    if (due <= now) {
      late.push_back(id);
    } else {
      late_at_ = late_at_ ? std::min(*late_at_, due) : due;
    }
  }
  for (const StreamId id : late) {
    host_.note(find(id)->begun ? LimitHit::kWholeRequest : LimitHit::kFirstByte);
    reset(id, kRequestIncomplete);
    stop_sending(id, kRequestIncomplete);
    host_.post({handle_, StreamReset{id, kRequestIncomplete}});
  }
}

// The peer may have more under way as long as it uses what it has, and there is memory.
void Connection::widen_window() {
  if (close_reason_ || window_ >= limits_.connection_window || unread_ < window_ / 2) return;
  if (host_.memory() > limits_.memory / 4 * 3) return;
  const std::uint64_t more = std::min(window_, limits_.connection_window - window_);
  window_ += more;
  ngtcp2_conn_extend_max_offset(conn_, more);
  host_.touch(*this);
}

// Destroys the stream when nobody needs it any more.
void Connection::release_if_done(Stream& stream) {
  if (!stream.closed || !stream.exhausted()) return;
  const StreamId id = stream.id;
  const bool concluded = stream.concluded;
  // A peer can open, stop and reset streams as fast as it likes while nothing is written: no list may keep their names.
  if (stream.queued) sending_.erase(id);
  if (stream.fresh) std::erase(fresh_, id);
  ledger_.remove(stream.received_capacity());
  if (recent_ == &stream) recent_ = nullptr;
  host_.stream_pool().remove(streams_, id);
  if (close_reason_) return;  // nothing is announced after Closed
  if (!concluded) host_.post({handle_, StreamClosed{id}});
  if (is_peers(id)) {
    allow_another(id);
    host_.touch(*this);
  }
}

void Connection::allow_another(StreamId id) {
  if (is_bidirectional(id)) {
    ngtcp2_conn_extend_max_streams_bidi(conn_, 1);
  } else {
    ngtcp2_conn_extend_max_streams_uni(conn_, 1);
  }
}

void Connection::note_held(std::size_t bytes) {
  if (bytes > held_outside_) ledger_.add(bytes - held_outside_);
  if (bytes < held_outside_) ledger_.remove(held_outside_ - bytes);
  held_outside_ = bytes;
}

// Not for every acknowledged byte: a writer is called when there is a good piece to write.
std::size_t Connection::worthwhile_room() const { return std::min(limits_.max_unsent, send_cap()) / 2; }

// An endpoint that is short of memory lets nobody put more aside than goes out soon. What is held then is acknowledged,
// or the connection ends: whoever waits for room is told in the end.
std::size_t Connection::send_cap() const {
  const bool short_of_memory = host_.memory() > limits_.memory / 4 * 3;
  return short_of_memory ? std::min(Limits::kFairShare, limits_.max_unacknowledged) : limits_.max_unacknowledged;
}

void Connection::announce_room(Stream& stream) {
  if (!stream.wants_room) return;
  const std::size_t found = room(stream);
  const bool all_is_sent = stream.outgoing.unsent() == 0;
  if (found == 0 || (found < worthwhile_room() && !all_is_sent)) return;
  stream.wants_room = false;
  host_.post({handle_, StreamWritable{stream.id}});
}

void Connection::forget_sent(std::size_t n) {
  held_ -= n;
  ledger_.remove(n);
  if (!full_ || held_ + worthwhile_room() > send_cap()) return;
  full_ = false;
  for (auto& [id, stream] : streams_) announce_room(stream);
}

// Recorded by callbacks ----------------------------------------------------------------------------------------------

bool Connection::on_handshake_completed() {
  if (!tls_->has_alpn()) {
    constexpr std::uint8_t kNoApplicationProtocolAlert = 120;
    ngtcp2_conn_set_tls_alert(conn_, kNoApplicationProtocolAlert);
    return false;
  }
  // A resumed handshake shows no certificate, so GnuTLS asks nobody whether it is the right one.
  if (!ngtcp2_conn_is_server(conn_) && !tls_->accepts_resumption()) {
    constexpr std::uint8_t kBadCertificateAlert = 42;
    ngtcp2_conn_set_tls_alert(conn_, kBadCertificateAlert);
    return false;
  }
  established_ = true;
  resumed_ = tls_->resumed();
  proven_peer_ = current_path().remote;
  host_.post({handle_, Connected{}});
  if (ngtcp2_conn_is_server(conn_)) {
    tls_->send_ticket();
    submit_address_token();
  }
  return true;
}

// A client has nothing to say in TLS any more.
bool Connection::on_post_handshake(Bytes crypto) {
  return !ngtcp2_conn_is_server(conn_) && post_handshake_.admits_from_server(crypto);
}

void Connection::submit_address_token() {
  const auto token = host_.address_token(proven_peer_);
  if (!token.empty()) ngtcp2_conn_submit_new_token(conn_, to_native(token), token.size());
}

void Connection::on_new_token(Bytes token) {
  if (token.size() > kLargestToken || keepsakes_ >= kMostKeepsakes) return;
  ++keepsakes_;
  host_.post({handle_, NewToken{{token.begin(), token.end()}}});
}

// It takes half of what an idle connection would. Not from within a callback, which TLS may have called.
void Connection::let_go_of_tls() {
  if (!established_ || !tls_ || !ngtcp2_conn_is_server(conn_)) return;
  ngtcp2_conn_set_tls_native_handle(conn_, nullptr);
  tls_.reset();
}

void Connection::post_tickets() {
  if (!tls_) return;
  for (auto& ticket : tls_->take_tickets()) {
    if (keepsakes_ >= kMostKeepsakes) return;
    ++keepsakes_;
    host_.post({handle_, NewTicket{std::move(ticket)}});
  }
}

void Connection::on_stream_opened(StreamId id) {
  if (!is_bidirectional(id)) return;
  Stream& stream = find_or_add(id);
  stream.awaited = true;
  stream.opened = latest_;
  if (++awaited_ == limits_.streams) host_.note(LimitHit::kStreams);
  const Instant due = due_at(stream);
  late_at_ = late_at_ ? std::min(*late_at_, due) : due;
}

void Connection::on_stream_data(StreamId id, Bytes bytes, bool fin) {
  if (!delivers(id)) {
    uncredited_ += bytes.size();
    return;
  }
  Stream& stream = find_or_add(id);
  on_received(stream, [&](Stream& it) { it.received.insert(it.received.end(), bytes.begin(), bytes.end()); });
  unread_ += bytes.size();
  stream.peer_finished = fin;
  if (!stream.begun && !bytes.empty()) {
    stream.begun = true;
    if (late_at_) late_at_ = std::min(*late_at_, due_at(stream));
  }
  if (fin) settle_request(stream);
  if (stream.announced) return;
  stream.announced = true;
  if (stream.fresh) return;
  stream.fresh = true;
  fresh_.push_back(id);
}

// What had not been delivered yet was credited by ngtcp2.
void Connection::on_stream_reset(StreamId id, std::uint64_t code) {
  if (!delivers(id)) return;
  Stream& stream = find_or_add(id);
  if (stream.peer_gave_up) return;
  const std::size_t dropped = on_received(stream, [](Stream& it) { return it.drop_unread(); });
  unread_ -= dropped;
  uncredited_ += dropped;
  stream.peer_gave_up = true;
  settle_request(stream);
  if (!stream.concluded) host_.post({handle_, StreamReset{id, code}});
}

void Connection::on_stream_closed(StreamId id) {
  Stream* stream = find(id);
  if (stream != nullptr) {
    stream->closed = true;
    stream->reset = true;
    forget_sent(stream->outgoing.clear());
    return release_if_done(*stream);
  }
  if (is_peers(id)) allow_another(id);
}

void Connection::on_acknowledged(StreamId id, std::uint64_t end) {
  black_hole_.note_progress(latest_);
  Stream* stream = find(id);
  if (stream == nullptr) return;
  forget_sent(stream->outgoing.release(end));
  announce_room(*stream);
}

void Connection::on_unblocked(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->blocked = false;
  queue(*stream);
  announce_room(*stream);
}

void Connection::on_path_proven(const SocketAddress& peer, bool is_new) {
  const bool moved = peer.ip != proven_peer_.ip;
  proven_peer_ = peer;
  if (is_new && moved && ngtcp2_conn_is_server(conn_)) submit_address_token();
}

}  // namespace torq::quic
