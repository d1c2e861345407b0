// SPDX-License-Identifier: MIT
#pragma once
// One QUIC connection, sans-IO: an ngtcp2 connection, its TLS session and its streams. What an application sees of it
// are the stream calls below; the rest is between it and its Endpoint, on whose thread it lives.
//
// ngtcp2 calls back while it reads, writes or handles a timer, and must not be called from there: the on_… functions
// only record. Work follows after the call into ngtcp2 has returned.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/ring.hpp"
#include "torq/quic/admission.hpp"
#include "torq/quic/black_hole.hpp"
#include "torq/quic/connection_id.hpp"
#include "torq/quic/counts.hpp"
#include "torq/quic/ledger.hpp"
#include "torq/quic/limits.hpp"
#include "torq/quic/post_handshake.hpp"
#include "torq/quic/stream_pool.hpp"
#include "torq/quic/timer_heap.hpp"
#include "torq/quic/tls.hpp"
#include "torq/quic/types.hpp"

struct ngtcp2_ccerr;
struct ngtcp2_conn;

namespace torq::quic {

class Connection;

/// What a connection needs of its endpoint.
class ConnectionHost {
 public:
  virtual ConnectionId new_connection_id(Connection& connection) = 0;
  virtual std::array<std::byte, 16> reset_token(const ConnectionId& id) const = 0;
  /// For a NEW_TOKEN frame; empty if there is none.
  virtual std::vector<std::byte> address_token(const SocketAddress& client) const = 0;
  virtual const Secrets& secrets() const = 0;
  virtual Duration unix_time() const = 0;
  virtual void forget_connection_id(const ConnectionId& id) = 0;
  virtual void post(Event event) = 0;
  /// The connection has something to write.
  virtual void touch(Connection& connection) = 0;
  virtual Entropy& entropy() = 0;
  virtual StreamPool& stream_pool() = 0;
  virtual void note(LimitHit limit) = 0;
  /// The bytes that all connections hold; their ledgers write it.
  virtual std::size_t& memory() = 0;

 protected:
  ~ConnectionHost() = default;
};

/// What an Initial packet and its token said about a new client.
struct ClientInitial {
  std::uint32_t version = 0;
  ConnectionId destination;  ///< chosen by the client for its first packet to this connection
  ConnectionId source;
  Bytes token;                                       ///< that proved the client's address, or empty
  std::optional<ConnectionId> original_destination;  ///< after a Retry: that of the packet which was answered by it
};

class Connection {
 public:
  Connection(ConnectionHandle handle, ConnectionHost& host, const Limits& limits);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // For the application ------------------------------------------------------------------------------------------

  ConnectionHandle handle() const { return handle_; }
  /// The peer's address, proven by the handshake or by path validation since (RFC 9000 8). What arrives from a new IP
  /// address is not announced to the application before that address is proven.
  const SocketAddress& peer() const { return proven_peer_; }
  bool established() const { return established_; }
  /// A client's: whether the server has answered at all, with a packet that only who read ours could have made.
  bool heard() const;
  /// Established without a certificate, with a ticket of an earlier connection.
  bool resumed() const { return established_ && resumed_; }
  /// The peer's own certificate in DER (a server's); empty when it has none, or none has come yet.
  std::vector<std::byte> peer_certificate() const { return tls_ ? tls_->peer_certificate() : std::vector<std::byte>(); }

  /// Opens a bidirectional stream; nothing when the peer allows no more now (StreamsAvailable will tell).
  std::optional<StreamId> open_stream();

  /// Opens a unidirectional stream, in the same way. A peer that gives no credit for any loses nothing.
  std::optional<StreamId> open_unidirectional_stream();
  std::uint64_t unidirectional_streams_left() const;

  struct Incoming {
    Bytes bytes;        ///< what has come and is not consumed yet; valid until the next call on this stream
    bool last = false;  ///< the peer's half ends after these bytes
  };
  /// Empty for an unknown stream. Answer every peek with a consume, be it of 0 bytes: the stream may end there.
  Incoming peek(StreamId id);
  /// What peek() would show; no answer is due.
  Bytes glance(StreamId id);
  /// Done with the first `n` bytes of peek(): the peer may send as many more.
  void consume(StreamId id, std::size_t n);

  /// How many bytes write() would take now.
  std::size_t room(StreamId id);
  /// Takes as much of `bytes` as there is room for and returns how much; if not all, StreamWritable will follow.
  std::size_t write(StreamId id, Bytes bytes);
  /// The same without a copy: room for at most `most` bytes, to be filled and committed before anything else is asked
  /// of this connection. Empty when there is none; StreamWritable will follow.
  std::span<std::byte> prepare(StreamId id, std::size_t most);
  void commit(StreamId id, std::size_t n);
  /// No more will be written.
  void finish(StreamId id);
  /// All was read, and all is written or given up: nothing more is said of the stream, not even StreamClosed.
  void conclude(StreamId id);
  /// Gives up our half at once (RESET_STREAM).
  void reset(StreamId id, std::uint64_t code);
  /// Wants no more of the peer's half (STOP_SENDING); what came is dropped.
  void stop_sending(StreamId id, std::uint64_t code);
  /// Bidirectional streams whose end neither side has seen yet.
  std::size_t open_streams() const;

  /// What the application holds for this connection outside of it, in bytes: they count as the connection's own
  /// (Limits::memory).
  void note_held(std::size_t bytes);

  /// Asks a peer that has been silent for this long for a sign of life, so that only a dead peer or path runs into the
  /// idle time-out; nothing: no more (RFC 9000 10.1.2).
  void keep_alive(std::optional<Duration> interval);

  /// Uses fresh packet keys from now on (RFC 9001 6); false while the handshake is not confirmed, or the last update
  /// not complete: some round trips, and a packet after them.
  bool update_keys(Instant now);
  /// How often packet keys have changed since the handshake. Counts an update when the keys for the next are made.
  unsigned key_updates() const { return std::max(prepared_keys_, 1U) - 1; }

  // For the endpoint ---------------------------------------------------------------------------------------------

  void accept(Instant now, const Path& path, const ServerTls& tls, const ClientInitial& initial);
  void connect(Instant now, const Path& path, const ClientTls& tls, std::string server_name,
               const Keepsakes& keepsakes);

  enum class ReadResult : std::uint8_t { kOk, kNeedsRetry, kDropped };
  ReadResult handle_datagram(Instant now, const Path& path, Ecn ecn, Bytes datagram);
  void handle_timeout(Instant now);
  /// One run of datagrams for one path at the front of `out`; nothing when there is nothing to send now.
  std::optional<Transmit> next_transmit(Instant now, std::span<std::byte> out);
  /// False when that run was certainly the last for now.
  bool may_have_more() const { return may_have_more_; }
  std::optional<Instant> next_timeout() const;

  /// Ends the connection; a reason that is ours is put into a CONNECTION_CLOSE, see closing_packet().
  void close(Instant now, CloseReason reason);
  /// The peer broke the application's protocol; `code` is the application's.
  void abort(Instant now, std::uint64_t code, std::string text);
  const std::optional<CloseReason>& close_reason() const { return close_reason_; }
  /// The CONNECTION_CLOSE to send, and to repeat while the peer goes on (RFC 9000 10.2.1); empty if none is due.
  const std::vector<std::byte>& closing_packet() const { return closing_packet_; }
  Path current_path() const;
  Duration probe_timeout() const;
  std::vector<ConnectionId> connection_ids() const;
  /// Bytes held, for Limits::memory; leave_ledger(): it is ending.
  std::size_t memory() const { return ledger_.bytes(); }
  void leave_ledger() { ledger_.leave(); }

  std::size_t timer_slot = kNoTimer;  // TimerHeap
  std::optional<Instant> handled_deadline;
  /// What the client chose for its first packets. Late ones still come when the handshake is over, and must not begin
  /// another connection.
  std::optional<ConnectionId> first_destination;
  std::optional<Admission::Place> place;  // of a client's; nothing once it was left
  bool retired = false;                   // its end was reported
  bool touched = false;                   // Endpoint's list of connections with something to write

 private:
  friend struct Callbacks;

  struct Packet {
    std::size_t size = 0;
    Path path;
    Ecn ecn = Ecn::kNone;
    bool has_stream = false;  // data, or the end of a stream
  };

  // Recorded by ngtcp2's callbacks. False is a failure that ends the connection.
  bool on_handshake_completed();
  bool on_post_handshake(Bytes crypto);
  void on_stream_opened(StreamId id);
  void on_stream_data(StreamId id, Bytes bytes, bool fin);
  void on_stream_reset(StreamId id, std::uint64_t code);
  void on_stream_closed(StreamId id);
  void on_acknowledged(StreamId id, std::uint64_t end);
  void on_unblocked(StreamId id);
  void on_path_proven(const SocketAddress& peer, bool is_new);
  void on_new_token(Bytes token);
  void on_handshake_confirmed() { confirmed_ = true; }
  void on_version_refused() { version_refused_ = true; }
  void on_stateless_reset() { stateless_reset_ = true; }

  Stream* find(StreamId id) { return recent_ != nullptr && recent_->id == id ? recent_ : search(id); }
  Stream* search(StreamId id);
  std::size_t room(const Stream& stream) const;
  Stream& add_stream(StreamId id);
  Stream& find_or_add(StreamId id);
  bool is_peers(StreamId id) const;
  bool delivers(StreamId id) const;
  void allow_another(StreamId id);
  void settle_request(Stream& stream);
  void reset_late(Instant now);
  Instant due_at(const Stream& stream) const;
  void widen_window();
  std::size_t send_cap() const;
  template <class Change>
  auto on_received(Stream& stream, Change change);
  void release_if_done(Stream& stream);
  std::size_t worthwhile_room() const;
  void announce_room(Stream& stream);
  void note_if_full(std::size_t n);
  void on_written(Stream& stream, std::size_t n);
  void after_callbacks();
  void submit_address_token();
  void let_go_of_tls();
  void post_tickets();
  void forget_sent(std::size_t n);
  void queue(Stream& stream);
  void end_turn(Stream& stream);
  Stream* next_to_send();
  struct Draft;
  std::ptrdiff_t offer(Stream* stream, Instant now, Draft& draft);
  Packet write_packet(Instant now, std::span<std::byte> out);
  Transmit write_run(Instant now, std::span<std::byte> out);
  bool is_last(const Packet& packet) const;
  std::size_t largest_packet(Instant now);
  void handle_write_error(Instant now, int error, Stream* stream);
  void fail(Instant now, int error);
  void close_with(Instant now, const ngtcp2_ccerr& error, CloseReason reason);
  CloseReason peers_reason() const;

  ConnectionHandle handle_;
  ConnectionHost& host_;
  const Limits& limits_;
  Ledger ledger_;  // outlives conn_
  ngtcp2_conn* conn_ = nullptr;
  std::optional<TlsSession> tls_;  // a server's until the handshake is over: it has nothing to say in TLS after that
  PostHandshake post_handshake_;

  StreamMap streams_;
  Stream* recent_ = nullptr;        // that find() found last: it is asked for the same one many times
  Ring<StreamId> sending_;          // round robin of streams with something to send; those with `queued` set
  std::vector<StreamId> fresh_;     // streams to announce as readable once the current call has returned
  std::size_t awaited_ = 0;         // streams whose request is not whole
  std::optional<Instant> late_at_;  // when to look at those; not after any of them is due
  std::uint64_t window_ = 0;        // bytes that the peer may have under way or unread, over all streams
  std::size_t unread_ = 0;          // of them, those that have come in order
  std::size_t uncredited_ = 0;      // bytes dropped in a callback, given back to the peer afterwards
  std::size_t held_ = 0;            // bytes in the send buffers of all streams
  std::size_t held_outside_ = 0;    // by the application
  bool full_ = false;  // a write found max_unacknowledged reached: whoever wants room is told when there is

  SocketAddress proven_peer_;
  Instant latest_;  // ngtcp2 aborts on time that goes backwards
  bool established_ = false;
  bool resumed_ = false;
  bool may_have_more_ = false;
  bool confirmed_ =
      false;              // the client's sight of the handshake's end (RFC 9001 4.1.2); a server confirms by completing
  bool flushed_ = false;  // something could be written since `established_`
  bool version_refused_ = false;
  bool stateless_reset_ = false;
  std::size_t keepsakes_ = 0;       // tickets and tokens that the server gave
  unsigned prepared_keys_ = 0;      // generations made so far; ngtcp2 keeps one in advance
  std::vector<std::byte> carried_;  // a packet that did not fit the run it was written for
  Packet carried_packet_;
  BlackHole black_hole_;
  std::optional<CloseReason> close_reason_;
  std::vector<std::byte> closing_packet_;
};

}  // namespace torq::quic
