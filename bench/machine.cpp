// SPDX-License-Identifier: MIT
#include "bench/machine.hpp"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "torq/base/sockaddr.hpp"

namespace torq::bench {
namespace {

constexpr std::size_t kIdSize = 8;
constexpr std::size_t kLargestPayload = 1452;
constexpr std::size_t kSmallestFull = 1200;
constexpr std::size_t kLongestRun = 64;
// The same for both roles and for torq's server: what is compared is not ciphers.
constexpr const char* kPriority =
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AEAD:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:"
    "+GROUP-X25519:+CTYPE-SRV-X509:+CTYPE-CLI-X509:%DISABLE_TLS13_COMPAT_MODE:%SERVER_PRECEDENCE";

std::uint64_t stamp(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

std::uint64_t key_of(const std::uint8_t* id) {
  std::uint64_t key = 0;
  std::memcpy(&key, id, sizeof key);
  return key;
}

void fill_random(void* out, std::size_t size) {
  if (getrandom(out, size, 0) != static_cast<ssize_t>(size)) throw std::runtime_error("no random numbers");
}

ngtcp2_cid random_cid(std::size_t size) {
  std::array<std::uint8_t, NGTCP2_MAX_CIDLEN> bytes;
  fill_random(bytes.data(), size);
  ngtcp2_cid cid;
  ngtcp2_cid_init(&cid, bytes.data(), size);
  return cid;
}

ngtcp2_path path_of(const sockaddr* own, const sockaddr* peer, socklen_t size) {
  ngtcp2_path path{};
  path.local = {const_cast<sockaddr*>(own), size};
  path.remote = {const_cast<sockaddr*>(peer), size};
  return path;
}

void must(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + gnutls_strerror(result));
}

Connection& of(void* user) { return *static_cast<Connection*>(user); }
Stream* stream_of(void* user) { return static_cast<Stream*>(user); }

}  // namespace

Instant clock_now() { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }

// The callbacks, and nothing else, know what lies behind ngtcp2's pointers.
struct Glue {
  static Machine& machine(void* user) { return *of(user).machine; }

  static int stream_opened(ngtcp2_conn* conn, std::int64_t id, void* user) {
    Stream* stream = machine(user).application_.on_stream(of(user));
    if (stream == nullptr) return 0;
    stream->id = id;
    return ngtcp2_conn_set_stream_user_data(conn, id, stream);
  }

  static int data(ngtcp2_conn* conn, std::uint32_t flags, std::int64_t id, std::uint64_t, const std::uint8_t* bytes,
                  std::size_t size, void* user, void* stream) {
    if (stream == nullptr) return 0;
    ngtcp2_conn_extend_max_stream_offset(conn, id, size);
    ngtcp2_conn_extend_max_offset(conn, size);
    stream_of(stream)->received += size;
    machine(user).application_.on_data(of(user), *stream_of(stream), std::as_bytes(std::span(bytes, size)),
                                       (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
    return 0;
  }

  static int closed(ngtcp2_conn* conn, std::uint32_t, std::int64_t id, std::uint64_t, void* user, void* stream) {
    if (ngtcp2_conn_is_local_stream(conn, id) == 0) ngtcp2_conn_extend_max_streams_bidi(conn, 1);
    if (stream == nullptr) return 0;
    if (stream_of(stream)->queued) std::erase(of(user).sending, stream_of(stream));
    machine(user).application_.on_closed(of(user), *stream_of(stream));
    return 0;
  }

  static int unblocked(ngtcp2_conn*, std::int64_t, std::uint64_t, void* user, void* stream) {
    if (stream == nullptr || !stream_of(stream)->blocked) return 0;
    stream_of(stream)->blocked = false;
    machine(user).send(of(user), *stream_of(stream));
    return 0;
  }

  static int new_id(ngtcp2_conn*, ngtcp2_cid* cid, std::uint8_t* token, std::size_t size, void* user) {
    *cid = random_cid(size);
    fill_random(token, NGTCP2_STATELESS_RESET_TOKENLEN);
    machine(user).remember(of(user), *cid);
    return 0;
  }

  static int old_id(ngtcp2_conn*, const ngtcp2_cid* cid, void* user) {
    machine(user).by_id_.erase(key_of(cid->data));
    std::erase(of(user).ids, key_of(cid->data));
    return 0;
  }

  static int completed(ngtcp2_conn* conn, void* user) {
    of(user).established = true;
    if (ngtcp2_conn_is_server(conn) != 0) gnutls_session_ticket_send(of(user).tls, 1, 0);
    return 0;
  }

  static int on_ticket(gnutls_session_t session, unsigned, unsigned, unsigned incoming, const gnutls_datum_t*) {
    gnutls_datum_t data{};
    if (incoming == 0 || gnutls_session_get_data2(session, &data) != 0) return 0;
    auto* ref = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
    machine(ref->user_data).application_.on_ticket(of(ref->user_data), data);
    gnutls_free(data.data);
    return 0;
  }

  static ngtcp2_callbacks table(bool server) {
    ngtcp2_callbacks table{};
    table.client_initial = server ? nullptr : ngtcp2_crypto_client_initial_cb;
    table.recv_client_initial = server ? ngtcp2_crypto_recv_client_initial_cb : nullptr;
    table.recv_retry = server ? nullptr : ngtcp2_crypto_recv_retry_cb;
    table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = ngtcp2_crypto_decrypt_cb;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.update_key = ngtcp2_crypto_update_key_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.rand = [](std::uint8_t* out, std::size_t size, const ngtcp2_rand_ctx*) { fill_random(out, size); };
    table.handshake_completed = completed;
    table.get_new_connection_id = new_id;
    table.remove_connection_id = old_id;
    table.stream_open = stream_opened;
    table.recv_stream_data = data;
    table.stream_close = closed;
    table.extend_max_stream_data = unblocked;
    return table;
  }
};

Machine::Machine(MachineOptions options, Application& application)
    : options_(std::move(options)),
      application_(application),
      udp_(options_.server ? Udp::listener(options_.address) : Udp::client(options_.address, options_.sockets)),
      callbacks_(Glue::table(options_.server)),
      now_(clock_now()) {
  must(gnutls_certificate_allocate_credentials(&credentials_), "credentials");
  must(gnutls_priority_init(&priority_, kPriority, nullptr), "priority");
  if (!options_.server) return;
  must(gnutls_certificate_set_x509_key_file(credentials_, options_.cert_file.c_str(), options_.key_file.c_str(),
                                            GNUTLS_X509_FMT_PEM),
       "certificate");
  must(gnutls_session_ticket_key_generate(&ticket_key_), "ticket key");
}

Machine::~Machine() {
  for (auto& [connection, owner] : connections_) {
    ngtcp2_conn_del(connection->conn);
    gnutls_deinit(connection->tls);
  }
  gnutls_free(ticket_key_.data);
  gnutls_priority_deinit(priority_);
  gnutls_certificate_free_credentials(credentials_);
}

SocketAddress Machine::address() const { return from_sockaddr(reinterpret_cast<const sockaddr*>(&udp_.own(0))); }

// Connections --------------------------------------------------------------------------------------------------------

ngtcp2_settings Machine::settings(Instant now) const {
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = stamp(now);
  settings.max_tx_udp_payload_size = kLargestPayload;
  settings.no_pmtud = options_.server ? 0 : 1;  // a client has nothing large to send; its probes would cost the server
  return settings;
}

ngtcp2_transport_params Machine::parameters() const {
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_streams_bidi = options_.server ? 100 : 0;
  params.initial_max_streams_uni = 3;
  params.initial_max_stream_data_bidi_local = options_.stream_window;
  params.initial_max_stream_data_bidi_remote = options_.stream_window;
  params.initial_max_stream_data_uni = 1024;
  params.initial_max_data = options_.connection_window;
  params.max_idle_timeout = 120 * NGTCP2_SECONDS;
  params.active_connection_id_limit = 2;
  return params;
}

Connection& Machine::add(std::size_t socket) {
  auto owner = std::make_unique<Connection>();
  Connection& connection = *owner;
  connection.machine = this;
  connection.socket = socket;
  connections_.emplace(&connection, std::move(owner));
  return connection;
}

void Machine::remember(Connection& connection, const ngtcp2_cid& cid) {
  connection.ids.push_back(key_of(cid.data));
  by_id_[key_of(cid.data)] = &connection;
}

void Machine::begin_tls(Connection& connection) {
  const unsigned role = options_.server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_CLIENT;
  must(gnutls_init(&connection.tls, role | GNUTLS_NO_END_OF_EARLY_DATA), "session");
  must(gnutls_priority_set(connection.tls, priority_), "priority");
  if (options_.server) {
    ngtcp2_crypto_gnutls_configure_server_session(connection.tls);
    gnutls_session_ticket_enable_server(connection.tls, &ticket_key_);
  } else {
    ngtcp2_crypto_gnutls_configure_client_session(connection.tls);
  }
  if (options_.wants_tickets) {
    gnutls_handshake_set_hook_function(connection.tls, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST,
                                       Glue::on_ticket);
  }
  connection.ref.user_data = &connection;
  connection.ref.get_conn = [](ngtcp2_crypto_conn_ref* ref) { return of(ref->user_data).conn; };
  gnutls_session_set_ptr(connection.tls, &connection.ref);
  gnutls_credentials_set(connection.tls, GNUTLS_CRD_CERTIFICATE, credentials_);
  std::array<unsigned char, 2> name{'h', '3'};
  const gnutls_datum_t protocol{name.data(), name.size()};
  gnutls_alpn_set_protocols(connection.tls, &protocol, 1, GNUTLS_ALPN_MANDATORY);
  ngtcp2_conn_set_tls_native_handle(connection.conn, connection.tls);
}

Connection& Machine::connect(const std::vector<unsigned char>* ticket) {
  Connection& connection = add(next_socket_++ % udp_.size());
  connection.begun = now_;
  const ngtcp2_cid destination = random_cid(16);
  const ngtcp2_cid source = random_cid(kIdSize);
  remember(connection, source);
  const SockAddr peer(options_.address);
  const auto* own = reinterpret_cast<const sockaddr*>(&udp_.own(connection.socket));
  const ngtcp2_path path = path_of(own, peer.data(), peer.size());
  const ngtcp2_settings how = settings(now_);
  const ngtcp2_transport_params params = parameters();
  if (ngtcp2_conn_client_new(&connection.conn, &destination, &source, &path, NGTCP2_PROTO_VER_V1, &callbacks_, &how,
                             &params, nullptr, &connection) != 0) {
    throw std::bad_alloc();
  }
  begin_tls(connection);
  if (ticket != nullptr) must(gnutls_session_set_data(connection.tls, ticket->data(), ticket->size()), "ticket");
  touch(connection);
  return connection;
}

Connection* Machine::accept(Instant now, std::size_t socket, const Received& datagram) {
  ngtcp2_pkt_hd initial;
  if (ngtcp2_accept(&initial, reinterpret_cast<const std::uint8_t*>(datagram.bytes.data()), datagram.bytes.size()) !=
      0) {
    return nullptr;
  }
  Connection& connection = add(socket);
  const ngtcp2_cid source = random_cid(kIdSize);
  remember(connection, source);
  remember(connection, initial.dcid);
  const auto* own = reinterpret_cast<const sockaddr*>(&udp_.own(socket));
  const ngtcp2_path path = path_of(own, datagram.source, datagram.source_size);
  const ngtcp2_settings how = settings(now);
  ngtcp2_transport_params params = parameters();
  params.original_dcid = initial.dcid;
  params.original_dcid_present = 1;
  if (ngtcp2_conn_server_new(&connection.conn, &initial.scid, &source, &path, initial.version, &callbacks_, &how,
                             &params, nullptr, &connection) != 0) {
    throw std::bad_alloc();
  }
  begin_tls(connection);
  return &connection;
}

bool Machine::open(Connection& connection, Stream& stream) {
  if (ngtcp2_conn_open_bidi_stream(connection.conn, &stream.id, &stream) != 0) return false;
  send(connection, stream);
  return true;
}

void Machine::open_control(Connection& connection, Stream& stream) {
  stream.ends = false;
  if (ngtcp2_conn_open_uni_stream(connection.conn, &stream.id, &stream) != 0) {
    throw std::runtime_error("the server allows no control stream");
  }
  send(connection, stream);
}

void Machine::send(Connection& connection, Stream& stream) {
  if (!stream.queued && !stream.blocked && stream.has_output()) {
    stream.queued = true;
    connection.sending.push_back(&stream);
  }
  touch(connection);
}

void Machine::close(Connection& connection) {
  if (connection.over) return;
  write_close(connection);
  end(connection);
}

void Machine::leave() {
  for (auto& [connection, owner] : connections_) write_close(*connection);
  udp_.flush();
}

void Machine::write_close(Connection& connection) {
  ngtcp2_ccerr reason;
  ngtcp2_ccerr_default(&reason);
  const auto space = udp_.space();
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(connection.conn, nullptr, nullptr, space.data(),
                                                               kLargestPayload, &reason, stamp(now_));
  if (size > 0) {
    const ngtcp2_path* path = ngtcp2_conn_get_path(connection.conn);
    udp_.queue(connection.socket, options_.server ? path->remote.addr : nullptr, path->remote.addrlen,
               static_cast<std::size_t>(size), static_cast<std::size_t>(size));
  }
}

void Machine::end(Connection& connection) {
  if (connection.over) return;
  connection.over = true;
  for (const std::uint64_t id : connection.ids) by_id_.erase(id);
  timers_.remove(connection);
  over_.push_back(&connection);
  application_.on_over(connection);
}

// Once what was queued for them has left, which points to their addresses.
void Machine::bury() {
  for (Connection* connection : over_) {
    if (connection->touched) std::erase(touched_, connection);
    ngtcp2_conn_del(connection->conn);
    gnutls_deinit(connection->tls);
    connections_.erase(connection);
  }
  over_.clear();
}

// Turns --------------------------------------------------------------------------------------------------------------

void Machine::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(&connection);
}

Instant Machine::turn(Instant until) {
  const Instant before = clock_now();
  const auto due = timers_.earliest();
  udp_.wait((due ? std::min(*due, until) : until) - before);
  refresh();
  const Instant now = now_;
  udp_.receive([&](std::size_t socket, const Received& datagram) { read(now, socket, datagram); });
  while (Connection* connection = timers_.due(now)) {
    timers_.remove(*connection);
    if (ngtcp2_conn_handle_expiry(connection->conn, stamp(now)) != 0) {
      end(*connection);
    } else {
      touch(*connection);
    }
  }
  write_all(now);
  return now;
}

void Machine::refresh() { now_ = clock_now(); }

void Machine::read(Instant now, std::size_t socket, const Received& datagram) {
  if (datagram.bytes.size() < 21) return;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(datagram.bytes.data());
  const bool is_long = (bytes[0] & 0x80) != 0;
  const auto known = by_id_.find(key_of(bytes + (is_long ? 6 : 1)));
  Connection* connection = known != by_id_.end()        ? known->second
                           : is_long && options_.server ? accept(now, socket, datagram)
                                                        : nullptr;
  if (connection == nullptr || connection->over) return;
  const bool was_established = connection->established;
  const ngtcp2_path* path = ngtcp2_conn_get_path(connection->conn);
  const ngtcp2_pkt_info info{};
  const int rv = ngtcp2_conn_read_pkt(connection->conn, path, &info, bytes, datagram.bytes.size(), stamp(now));
  if (rv != 0) return end(*connection);
  touch(*connection);
  if (!was_established && connection->established) application_.on_established(*connection);
  application_.after_read(*connection);
}

void Machine::write_all(Instant now) {
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    Connection& connection = *touched_[i];
    connection.touched = false;
    if (!connection.over) write(now, connection);
  }
  touched_.clear();
  udp_.flush();
  bury();
}

void Machine::write(Instant now, Connection& connection) {
  const auto space = udp_.space();
  const std::size_t quantum = std::max<std::size_t>(ngtcp2_conn_get_send_quantum(connection.conn), 1);
  std::size_t size = 0;
  std::size_t segment = 0;
  bool more = false;
  for (std::size_t count = 0; count < kLongestRun && size < quantum; ++count) {
    if (space.size() - size < 2 * kLargestPayload) {
      more = true;
      break;
    }
    const auto written = write_packet(now, connection, space.subspan(size, kLargestPayload));
    if (written < 0) return end(connection);
    if (written == 0) break;
    const auto packet = static_cast<std::size_t>(written);
    const ngtcp2_path* path = ngtcp2_conn_get_path(connection.conn);
    const sockaddr* to = options_.server ? path->remote.addr : nullptr;
    if (segment != 0 && packet > segment) {  // larger than those before it: it travels alone
      udp_.queue(connection.socket, to, path->remote.addrlen, size, segment);
      udp_.queue(connection.socket, to, path->remote.addrlen, packet, packet);
      size = segment = 0;
      more = true;
      break;
    }
    if (segment == 0) segment = packet;
    size += packet;
    // A short packet holds all that there is to say, but for the handshake, where each level has packets of its own.
    if (packet < segment || (packet < kSmallestFull && connection.established)) break;
    more = true;
  }
  if (size > 0) {
    const ngtcp2_path* path = ngtcp2_conn_get_path(connection.conn);
    udp_.queue(connection.socket, options_.server ? path->remote.addr : nullptr, path->remote.addrlen, size, segment);
  }
  if (size > 0 || more) {
    ngtcp2_conn_update_pkt_tx_time(connection.conn, stamp(now));
    if (more || !connection.established) touch(connection);
  }
  settle(connection);
}

void Machine::settle(Connection& connection) {
  const ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(connection.conn);
  timers_.set(connection, expiry == UINT64_MAX ? std::nullopt
                                               : std::optional(Instant(Duration(static_cast<Duration::rep>(expiry)))));
}

std::ptrdiff_t Machine::write_packet(Instant now, Connection& connection, std::span<std::uint8_t> out) {
  for (;;) {
    Stream* stream = connection.sending.empty() ? nullptr : connection.sending.front();
    std::array<ngtcp2_vec, 2> vectors;
    std::size_t count = 0;
    if (stream != nullptr) {
      const Bytes head = stream->head.subspan(std::min(stream->sent, stream->head.size()));
      const Bytes body = stream->body.subspan(stream->sent - (stream->head.size() - head.size()));
      for (const Bytes part : {head, body}) {
        if (part.empty()) continue;
        vectors[count++] = {reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(part.data())), part.size()};
      }
    }
    const auto flags = static_cast<std::uint32_t>(
        stream == nullptr ? 0 : NGTCP2_WRITE_STREAM_FLAG_MORE | (stream->ends ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0));
    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize written =
        ngtcp2_conn_writev_stream(connection.conn, nullptr, nullptr, out.data(), out.size(), &taken, flags,
                                  stream == nullptr ? -1 : stream->id, vectors.data(), count, stamp(now));
    if (stream != nullptr && taken >= 0) {
      stream->sent += static_cast<std::size_t>(taken);
      stream->fin_sent = stream->sent == stream->head.size() + stream->body.size();
      if (stream->fin_sent) {
        stream->queued = false;
        connection.sending.pop_front();
      }
    }
    if (written >= 0) return written;
    if (written == NGTCP2_ERR_WRITE_MORE) continue;
    if (stream == nullptr) return written;
    if (written != NGTCP2_ERR_STREAM_DATA_BLOCKED && written != NGTCP2_ERR_STREAM_SHUT_WR &&
        written != NGTCP2_ERR_STREAM_NOT_FOUND) {
      return written;
    }
    stream->blocked = written == NGTCP2_ERR_STREAM_DATA_BLOCKED;
    stream->queued = false;
    connection.sending.pop_front();
  }
}

}  // namespace torq::bench
