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

Stream* Connection::find(StreamId id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : &it->second;
}

std::optional<StreamId> Connection::open_stream() {
  if (close_reason_ || !established_) return std::nullopt;
  std::int64_t id = 0;
  if (ngtcp2_conn_open_bidi_stream(conn_, &id, nullptr) != 0) return std::nullopt;
  streams_.try_emplace(StreamId{id}, StreamId{id});
  return StreamId{id};
}

Connection::Incoming Connection::peek(StreamId id) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->peer_gave_up) return {};
  stream->announced = false;
  return {stream->unread(), stream->peer_finished};
}

void Connection::consume(StreamId id, std::size_t n) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->consume(n);
  if (n > 0 && !close_reason_) {
    ngtcp2_conn_extend_max_stream_offset(conn_, static_cast<std::int64_t>(id), n);
    ngtcp2_conn_extend_max_offset(conn_, n);
    host_.touch(*this);
  }
  release_if_done(*stream);
}

std::size_t Connection::room(StreamId id) {
  const Stream* stream = find(id);
  if (stream == nullptr || stream->finished || stream->reset || close_reason_) return 0;
  // What the peer would not let us send need not be kept for it: a reader that has stopped costs next to nothing. The
  // connection's own window opens without a word to the streams, so a little always waits for it.
  constexpr std::uint64_t kLeastUnsent = 4 * 1024;
  const std::uint64_t window = std::min(ngtcp2_conn_get_max_stream_data_left(conn_, static_cast<std::int64_t>(id)),
                                        std::max(ngtcp2_conn_get_max_data_left(conn_), kLeastUnsent));
  const std::size_t unsent = stream->outgoing.unsent();
  const std::size_t most = std::min<std::uint64_t>(limits_.max_unsent, window);
  const std::size_t own = most - std::min(most, unsent);
  return std::min(own, limits_.max_unacknowledged - std::min(limits_.max_unacknowledged, held_));
}

std::size_t Connection::write(StreamId id, Bytes bytes) {
  const std::size_t n = std::min(bytes.size(), room(id));
  Stream* stream = find(id);
  if (stream == nullptr) return 0;
  stream->wants_room = n < bytes.size();
  if (stream->wants_room && held_ + n >= limits_.max_unacknowledged) full_ = true;
  if (n == 0) return 0;
  stream->outgoing.append(bytes.first(n));
  held_ += n;
  queue(*stream);
  host_.touch(*this);
  return n;
}

std::span<std::byte> Connection::prepare(StreamId id, std::size_t most) {
  constexpr std::size_t kTooLittle = 4 * 1024;  // to be worth a step, while more room is on its way
  Stream* stream = find(id);
  if (stream == nullptr || most == 0) return {};
  const std::size_t n = std::min(most, room(id));
  stream->wants_room = n == 0 || (n < std::min(most, kTooLittle) && stream->outgoing.unsent() > 0);
  if (!stream->wants_room) return stream->outgoing.prepare(n);
  if (held_ + most >= limits_.max_unacknowledged) full_ = true;
  return {};
}

void Connection::commit(StreamId id, std::size_t n) {
  Stream* stream = find(id);
  assert(stream != nullptr && n <= room(id));
  if (n == 0) return;
  stream->outgoing.commit(n);
  held_ += n;
  queue(*stream);
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
  ngtcp2_conn_extend_max_offset(conn_, stream->drop_unread());
  stream->peer_gave_up = true;
  ngtcp2_conn_shutdown_stream_read(conn_, 0, static_cast<std::int64_t>(id), code);
  host_.touch(*this);
  release_if_done(*stream);
}

// Destroys the stream when nobody needs it any more.
void Connection::release_if_done(Stream& stream) {
  if (!stream.closed || !stream.exhausted()) return;
  const StreamId id = stream.id;
  // A peer can open, stop and reset streams as fast as it likes while nothing is written: no list may keep their names.
  if (stream.queued) std::erase(sending_, id);
  if (stream.fresh) std::erase(fresh_, id);
  streams_.erase(id);
  if (close_reason_) return;  // nothing is announced after Closed
  host_.post({handle_, StreamClosed{id}});
  if (!ngtcp2_conn_is_local_stream(conn_, static_cast<std::int64_t>(id))) {
    ngtcp2_conn_extend_max_streams_bidi(conn_, 1);
    host_.touch(*this);
  }
}

// Not for every acknowledged byte: a writer is called when there is a good piece to write.
std::size_t Connection::worthwhile_room() const { return std::min(limits_.max_unsent, limits_.max_unacknowledged) / 2; }

void Connection::announce_room(Stream& stream) {
  if (!stream.wants_room) return;
  const std::size_t found = room(stream.id);
  const bool all_is_sent = stream.outgoing.unsent() == 0;
  if (found == 0 || (found < worthwhile_room() && !all_is_sent)) return;
  stream.wants_room = false;
  host_.post({handle_, StreamWritable{stream.id}});
}

void Connection::forget_sent(std::size_t n) {
  held_ -= n;
  if (!full_ || held_ + worthwhile_room() > limits_.max_unacknowledged) return;
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

void Connection::on_stream_data(StreamId id, Bytes bytes, bool fin) {
  if (!is_bidirectional(id)) {
    uncredited_ += bytes.size();
    return;
  }
  Stream& stream = streams_.try_emplace(id, id).first->second;
  stream.received.insert(stream.received.end(), bytes.begin(), bytes.end());
  stream.peer_finished = fin;
  if (stream.announced) return;
  stream.announced = true;
  if (stream.fresh) return;
  stream.fresh = true;
  fresh_.push_back(id);
}

// What had not been delivered yet was credited by ngtcp2.
void Connection::on_stream_reset(StreamId id, std::uint64_t code) {
  if (!is_bidirectional(id)) return;
  Stream& stream = streams_.try_emplace(id, id).first->second;
  if (stream.peer_gave_up) return;
  uncredited_ += stream.drop_unread();
  stream.peer_gave_up = true;
  host_.post({handle_, StreamReset{id, code}});
}

void Connection::on_stream_closed(StreamId id) {
  Stream* stream = find(id);
  if (stream != nullptr) {
    stream->closed = true;
    stream->reset = true;
    forget_sent(stream->outgoing.clear());
    return release_if_done(*stream);
  }
  if (ngtcp2_conn_is_local_stream(conn_, static_cast<std::int64_t>(id))) return;
  if (is_bidirectional(id)) {
    ngtcp2_conn_extend_max_streams_bidi(conn_, 1);
  } else {
    ngtcp2_conn_extend_max_streams_uni(conn_, 1);
  }
}

void Connection::on_acknowledged(StreamId id, std::uint64_t end) {
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
