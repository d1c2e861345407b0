// SPDX-License-Identifier: MIT
#include "torq/quic/connection.hpp"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cassert>

#include "torq/base/sockaddr.hpp"
#include "torq/quic/callbacks.hpp"
#include "torq/quic/native.hpp"

namespace torq::quic {
namespace {

constexpr std::uint64_t kUnidirectionalWindow = 1024;
// Linux cuts at most 64 datagrams from one send (UDP_MAX_SEGMENTS of older kernels).
constexpr std::size_t kLongestRun = 64;

ngtcp2_settings make_settings(Instant now, const Limits& limits, Entropy& entropy) {
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = to_timestamp(now);
  settings.handshake_timeout = static_cast<ngtcp2_duration>(limits.handshake_timeout.count());
  settings.max_tx_udp_payload_size = kLargestPayload;
  settings.rand_ctx.native_handle = &entropy;
  return settings;
}

std::uint64_t first_window(const Limits& limits) {
  return std::min(limits.first_window.value_or(limits.connection_window), limits.connection_window);
}

ngtcp2_transport_params make_parameters(const Limits& limits) {
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_streams_bidi = limits.streams;
  params.initial_max_streams_uni = limits.unidirectional_streams;
  params.initial_max_stream_data_bidi_local = limits.stream_window;
  params.initial_max_stream_data_bidi_remote = limits.stream_window;
  params.initial_max_stream_data_uni = kUnidirectionalWindow;
  params.initial_max_data = first_window(limits);
  params.max_idle_timeout = static_cast<ngtcp2_duration>(limits.idle_timeout.count());
  params.active_connection_id_limit = 4;
  params.grease_quic_bit = 1;
  return params;
}

}  // namespace

Connection::Connection(ConnectionHandle handle, ConnectionHost& host, const Limits& limits)
    : handle_(handle), host_(host), limits_(limits), ledger_(host.memory()), window_(first_window(limits)) {}

Connection::~Connection() { ngtcp2_conn_del(conn_); }

void Connection::accept(Instant now, const Path& path, const ServerTls& tls, const ClientInitial& initial) {
  ngtcp2_settings settings = make_settings(now, limits_, host_.entropy());
  ngtcp2_transport_params params = make_parameters(limits_);
  // A server's port is shared with BEP 15, and its sockets with other workers: both are told apart by the bit that
  // RFC 9287 would let clients clear.
  params.grease_quic_bit = 0;
  const ConnectionId id = host_.new_connection_id(*this);
  const auto reset_token = host_.reset_token(id);
  std::memcpy(params.stateless_reset_token, reset_token.data(), reset_token.size());
  params.stateless_reset_token_present = 1;
  params.original_dcid = to_cid(initial.original_destination.value_or(initial.destination));
  params.original_dcid_present = 1;
  if (initial.original_destination) {
    params.retry_scid = to_cid(initial.destination);
    params.retry_scid_present = 1;
  }
  if (!initial.token.empty()) {
    settings.token = to_native(initial.token);
    settings.tokenlen = initial.token.size();
    settings.token_type = initial.original_destination ? NGTCP2_TOKEN_TYPE_RETRY : NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  }
  NativePath native(path);
  const ngtcp2_cid dcid = to_cid(initial.source);
  const ngtcp2_cid scid = to_cid(id);
  const ngtcp2_callbacks callbacks = Callbacks::server();
  const int rv = ngtcp2_conn_server_new(&conn_, &dcid, &scid, native.get(), initial.version, &callbacks, &settings,
                                        &params, ledger_.memory(), this);
  if (rv != 0) throw std::bad_alloc();
  tls_.emplace(tls, host_.secrets(), host_.unix_time(), &conn_);
  ngtcp2_conn_set_tls_native_handle(conn_, tls_->native());
  proven_peer_ = path.remote;
}

void Connection::connect(Instant now, const Path& path, const ClientTls& tls, std::string server_name,
                         const Keepsakes& keepsakes) {
  constexpr std::size_t kFirstDestinationLength = 16;
  ngtcp2_settings settings = make_settings(now, limits_, host_.entropy());
  if (!keepsakes.token.empty()) {
    settings.token = to_native(keepsakes.token);
    settings.tokenlen = keepsakes.token.size();
    settings.token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  }
  const ngtcp2_transport_params params = make_parameters(limits_);
  const ngtcp2_cid dcid = to_cid(make_connection_id(host_.entropy(), kFirstDestinationLength, {}));
  const ngtcp2_cid scid = to_cid(host_.new_connection_id(*this));
  NativePath native(path);
  const ngtcp2_callbacks callbacks = Callbacks::client();
  const int rv = ngtcp2_conn_client_new(&conn_, &dcid, &scid, native.get(), NGTCP2_PROTO_VER_V1, &callbacks, &settings,
                                        &params, ledger_.memory(), this);
  if (rv != 0) throw std::bad_alloc();
  tls_.emplace(tls, std::move(server_name), keepsakes.ticket, &conn_);
  ngtcp2_conn_set_tls_native_handle(conn_, tls_->native());
  proven_peer_ = path.remote;
  host_.touch(*this);
}

// Datagrams in and time ----------------------------------------------------------------------------------------------

// The server's first packet, an Initial or a Retry, brings its own choice of connection ID (RFC 9000 7.2).
bool Connection::heard() const {
  return ngtcp2_cid_eq(ngtcp2_conn_get_dcid(conn_), ngtcp2_conn_get_client_initial_dcid(conn_)) == 0;
}

Connection::ReadResult Connection::handle_datagram(Instant now, const Path& path, Ecn ecn, Bytes datagram) {
  if (close_reason_) return ReadResult::kOk;
  latest_ = now;
  NativePath native(path);
  const ngtcp2_pkt_info info{.ecn = static_cast<std::uint8_t>(ecn)};
  const int rv =
      ngtcp2_conn_read_pkt(conn_, native.get(), &info, to_native(datagram), datagram.size(), to_timestamp(now));
  after_callbacks();
  switch (rv) {
    case 0:
      host_.touch(*this);
      return ReadResult::kOk;
    case NGTCP2_ERR_RETRY:
      return ReadResult::kNeedsRetry;
    case NGTCP2_ERR_DROP_CONN:
      return ReadResult::kDropped;
    case NGTCP2_ERR_DRAINING:
      close_reason_ = peers_reason();
      return ReadResult::kOk;
    default:
      fail(now, rv);
      return ReadResult::kOk;
  }
}

void Connection::handle_timeout(Instant now) {
  if (close_reason_) return;
  latest_ = now;
  if (late_at_ && *late_at_ <= now) reset_late(now);
  const int rv = ngtcp2_conn_handle_expiry(conn_, to_timestamp(now));
  after_callbacks();
  if (rv != 0) return fail(now, rv);
  host_.touch(*this);
}

std::optional<Instant> Connection::next_timeout() const {
  if (close_reason_) return std::nullopt;
  const ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(conn_);
  if (expiry == UINT64_MAX) return late_at_;
  const Instant deadline = from_timestamp(expiry);
  return late_at_ ? std::min(*late_at_, deadline) : deadline;
}

// What ngtcp2's callbacks left to do, once it has returned.
void Connection::after_callbacks() {
  if (uncredited_ > 0) {
    ngtcp2_conn_extend_max_offset(conn_, uncredited_);
    uncredited_ = 0;
  }
  if (established_) post_tickets();
  widen_window();
  let_go_of_tls();
  // A request must not act in the name of an address that is not proven yet: it waits for the path's validation, which
  // ends either way. (A new port of the same address is the same host behind the same NAT.)
  if (!established_ || current_path().remote.ip != proven_peer_.ip) return;
  for (const StreamId id : fresh_) {
    Stream& stream = *find(id);
    stream.fresh = false;
    // It may have been read or reset in the meantime.
    if (stream.announced && !stream.peer_gave_up) host_.post({handle_, StreamReadable{id}});
  }
  fresh_.clear();
}

Path Connection::current_path() const { return from_native(*ngtcp2_conn_get_path(conn_)); }

Duration Connection::probe_timeout() const { return Duration(ngtcp2_conn_get_pto(conn_)); }

std::vector<ConnectionId> Connection::connection_ids() const {
  std::vector<ngtcp2_cid> cids(ngtcp2_conn_get_scid(conn_, nullptr));
  ngtcp2_conn_get_scid(conn_, cids.data());
  std::vector<ConnectionId> ids;
  for (const ngtcp2_cid& cid : cids) ids.push_back(from_cid(cid));
  return ids;
}

void Connection::keep_alive(std::optional<Duration> interval) {
  if (close_reason_) return;
  const auto timeout = interval ? static_cast<ngtcp2_duration>(interval->count()) : UINT64_MAX;
  ngtcp2_conn_set_keep_alive_timeout(conn_, timeout);
  host_.touch(*this);  // its deadline may have changed
}

// ngtcp2 aborts when it is asked before its own last handshake packet is written.
bool Connection::update_keys(Instant now) {
  if (close_reason_ || !flushed_ || !(confirmed_ || ngtcp2_conn_is_server(conn_))) return false;
  if (ngtcp2_conn_initiate_key_update(conn_, to_timestamp(std::max(now, latest_))) != 0) return false;
  host_.touch(*this);
  return true;
}

// Datagrams out ------------------------------------------------------------------------------------------------------

std::optional<Transmit> Connection::next_transmit(Instant now, std::span<std::byte> out) {
  if (close_reason_) return std::nullopt;
  may_have_more_ = true;
  if (carried_.empty()) {
    const Transmit run = write_run(now, out);
    return run.size > 0 ? std::optional(run) : std::nullopt;
  }
  std::ranges::copy(carried_, out.begin());
  carried_.clear();
  return Transmit{carried_packet_.path, carried_packet_.ecn, carried_packet_.size, carried_packet_.size};
}

// Packets of one path, ECN mark and size, one after the other, until the quantum is reached that the congestion
// controller allows at once. The packet that differs is carried over; it cannot be unwritten.
Transmit Connection::write_run(Instant now, std::span<std::byte> out) {
  latest_ = now;
  const std::size_t largest = largest_packet(now);
  const std::size_t quantum = ngtcp2_conn_get_send_quantum(conn_);
  Transmit run;
  for (std::size_t count = 0; count < kLongestRun && run.size < std::max(quantum, std::size_t{1}); ++count) {
    if (out.size() - run.size < largest) {
      assert(run.size > 0);
      break;
    }
    const auto rest = out.subspan(run.size, largest);
    const Packet packet = write_packet(now, rest);
    if (packet.size == 0) break;
    const bool first = run.size == 0;
    if (first) {
      run = {packet.path, packet.ecn, 0, packet.size};
    } else if (packet.path != run.path || packet.ecn != run.ecn || packet.size > run.segment_size) {
      carried_.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(packet.size));
      carried_packet_ = packet;
      break;
    }
    run.size += packet.size;
    may_have_more_ = !is_last(packet);
    if (!may_have_more_) break;
    // A short packet ends a run. So does a first one above the path's proven size: a probe, which travels alone.
    if (packet.size < run.segment_size || packet.size > ngtcp2_conn_get_path_max_tx_udp_payload_size(conn_)) break;
  }
  if (run.size > 0) ngtcp2_conn_update_pkt_tx_time(conn_, to_timestamp(now));
  flushed_ = established_;
  after_callbacks();  // a path's validation can fail while writing
  return run;
}

// ngtcp2 fills what it is given, as far as the path's proven size goes.
std::size_t Connection::largest_packet(Instant now) {
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(conn_, &info);
  if (black_hole_.suspected(now, info.bytes_in_flight > 0, probe_timeout())) return NGTCP2_MAX_UDP_PAYLOAD_SIZE;
  return ngtcp2_conn_get_max_tx_udp_payload_size(conn_);
}

// ngtcp2 puts into a packet with stream data all that it has to say and that fits. What it says elsewhere, it says in
// packets without (a probe, the validation of a path), or before the handshake is over (one packet for each level).
bool Connection::is_last(const Packet& packet) const {
  constexpr std::size_t kWellBelowFull = 1000;
  return established_ && packet.has_stream && packet.size < kWellBelowFull && sending_.empty();
}

// One UDP datagram in the making. ngtcp2 decides on its path and ECN mark once, in the first of the calls that fill it.
struct Connection::Draft {
  std::span<std::byte> out;
  ngtcp2_path_storage path{};
  ngtcp2_pkt_info info{};
  bool has_stream = false;

  explicit Draft(std::span<std::byte> space) : out(space) { ngtcp2_path_storage_zero(&path); }
};

Connection::Packet Connection::write_packet(Instant now, std::span<std::byte> out) {
  Draft draft(out);
  while (!close_reason_) {
    const std::ptrdiff_t written = offer(next_to_send(), now, draft);
    if (written >= 0) {
      return {static_cast<std::size_t>(written), from_native(draft.path.path), static_cast<Ecn>(draft.info.ecn),
              draft.has_stream};
    }
  }
  return {};
}

// Offers a stream's output (or none) for the packet in the making. Negative: it is not finished, offer the next.
std::ptrdiff_t Connection::offer(Stream* stream, Instant now, Draft& draft) {
  std::array<Bytes, 8> blocks;
  std::array<ngtcp2_vec, 8> vectors;
  std::size_t count = 0;
  std::size_t total = 0;
  if (stream != nullptr) count = stream->outgoing.unsent_blocks(blocks);
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = {const_cast<std::uint8_t*>(to_native(blocks[i])), blocks[i].size()};
    total += blocks[i].size();
  }
  const bool fin = stream != nullptr && stream->finished && total == stream->outgoing.unsent();
  const std::uint32_t flags = stream == nullptr
                                  ? NGTCP2_WRITE_STREAM_FLAG_NONE
                                  : NGTCP2_WRITE_STREAM_FLAG_MORE | (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0U);
  ngtcp2_ssize taken = -1;
  const ngtcp2_ssize written = ngtcp2_conn_writev_stream(
      conn_, &draft.path.path, &draft.info, reinterpret_cast<std::uint8_t*>(draft.out.data()), draft.out.size(), &taken,
      flags, stream == nullptr ? -1 : static_cast<std::int64_t>(stream->id), vectors.data(), count, to_timestamp(now));
  if (stream != nullptr && taken >= 0) {
    draft.has_stream = true;
    const auto n = static_cast<std::size_t>(taken);
    stream->outgoing.advance(n);
    stream->fin_sent = fin && n == total;
    end_turn(*stream);
    queue(*stream);
    announce_room(*stream);
  }
  if (written < 0 && written != NGTCP2_ERR_WRITE_MORE) handle_write_error(now, static_cast<int>(written), stream);
  return written;
}

void Connection::handle_write_error(Instant now, int error, Stream* stream) {
  if (stream == nullptr) return fail(now, error);
  switch (error) {
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
      stream->blocked = true;
      return end_turn(*stream);
    case NGTCP2_ERR_STREAM_SHUT_WR:  // STOP_SENDING came; ngtcp2 has answered it with RESET_STREAM and does not tell
                                     // more
      stream->reset = true;
      if (!stream->concluded) host_.post({handle_, StreamStopped{stream->id, 0}});
      return end_turn(*stream);
    default:
      return fail(now, error);
  }
}

// While the peer's flow control limit for the connection is reached, only what needs no credit can be sent: the bare
// end of a stream. Without any of those, the first in line is offered nevertheless, so that ngtcp2 says DATA_BLOCKED.
Stream* Connection::next_to_send() {
  const bool exhausted = ngtcp2_conn_get_max_data_left(conn_) == 0;
  for (std::size_t left = sending_.size(); left > 0; --left) {
    Stream& stream = *find(sending_.front());
    if (!stream.has_output()) {
      end_turn(stream);
    } else if (exhausted && stream.outgoing.unsent() > 0) {
      sending_.push_back(sending_.front());
      sending_.pop_front();
    } else {
      return &stream;
    }
  }
  return sending_.empty() ? nullptr : find(sending_.front());
}

void Connection::queue(Stream& stream) {
  if (stream.queued || stream.blocked || !stream.has_output()) return;
  stream.queued = true;
  sending_.push_back(stream.id);
}

// The stream whose turn it is leaves the line.
void Connection::end_turn(Stream& stream) {
  assert(sending_.front() == stream.id);
  stream.queued = false;
  sending_.pop_front();
}

}  // namespace torq::quic
