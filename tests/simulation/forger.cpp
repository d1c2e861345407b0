// SPDX-License-Identifier: MIT
#include "forger.hpp"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "simulation.hpp"
#include "torq/quic/native.hpp"

namespace torq::simulation {
namespace {

// ngtcp2's encrypt callback says nothing of whose packet it is. Set while send() writes one, on the test's thread.
const Frames*& forged() {
  static thread_local const Frames* frames = nullptr;
  return frames;
}

constexpr std::size_t kStep = 1'000'000;  // ns

}  // namespace

Frames varint(std::uint64_t value) {
  const unsigned bytes = value < 64 ? 1 : value < 16'384 ? 2 : value < 1'073'741'824 ? 4 : 8;
  const unsigned prefix = bytes == 1 ? 0 : bytes == 2 ? 0x40 : bytes == 4 ? 0x80 : 0xc0;
  Frames out;
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
  out[0] |= static_cast<std::byte>(prefix);
  return out;
}

Frames operator+(Frames a, const Frames& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Frames frame(std::initializer_list<std::uint64_t> integers, const Frames& bytes) {
  Frames out;
  for (const std::uint64_t value : integers) out = out + varint(value);
  return out + bytes;
}

Forger::Forger(quic::EndpointOptions options)
    : path_{*parse_socket_address("198.51.100.1:40000"), *parse_socket_address("192.0.2.1:7001")},
      reverse_{path_.remote, path_.local},
      server_(std::move(options), entropy_),
      credentials_(*quic::ClientTls::create(quic::TrustAnyone{})) {
  connect();
  for (int i = 0; i < 1000 && !established_; ++i) step();
  run_for(std::chrono::milliseconds(50));
  ngtcp2_conn_open_bidi_stream(conn_, &stream_, nullptr);
  from_server_ = 0;
}

Forger::~Forger() { ngtcp2_conn_del(conn_); }

ngtcp2_callbacks Forger::callbacks() {
  ngtcp2_callbacks table{};
  table.client_initial = ngtcp2_crypto_client_initial_cb;
  table.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
  table.encrypt = encrypt;
  table.decrypt = ngtcp2_crypto_decrypt_cb;
  table.hp_mask = ngtcp2_crypto_hp_mask_cb;
  table.recv_retry = ngtcp2_crypto_recv_retry_cb;
  table.update_key = ngtcp2_crypto_update_key_cb;
  table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  table.rand = [](std::uint8_t* out, std::size_t size, const ngtcp2_rand_ctx*) { std::memset(out, 7, size); };
  table.get_new_connection_id = [](ngtcp2_conn*, ngtcp2_cid* cid, std::uint8_t* token, std::size_t size, void* user) {
    std::array<std::byte, 20> id;
    static_cast<Forger*>(user)->entropy_.fill(id);
    ngtcp2_cid_init(cid, reinterpret_cast<const std::uint8_t*>(id.data()), size);
    std::memset(token, 9, NGTCP2_STATELESS_RESET_TOKENLEN);
    return 0;
  };
  table.handshake_completed = [](ngtcp2_conn*, void* user) {
    static_cast<Forger*>(user)->established_ = true;
    return 0;
  };
  return table;
}

void Forger::connect() {
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = quic::to_timestamp(now_);
  settings.no_pmtud = 1;
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_streams_uni = 3;
  params.initial_max_data = params.initial_max_stream_data_bidi_local = std::uint64_t{1} << 30;
  params.active_connection_id_limit = 8;
  ngtcp2_cid dcid{8, {1, 2, 3, 4, 5, 6, 7, 8}};
  ngtcp2_cid scid{8, {8, 7, 6, 5, 4, 3, 2, 1}};
  const ngtcp2_callbacks table = callbacks();
  quic::NativePath native(path_);
  ngtcp2_conn_client_new(&conn_, &dcid, &scid, native.get(), NGTCP2_PROTO_VER_V1, &table, &settings, &params, nullptr,
                         this);
  tls_.emplace(credentials_, "tracker.example", Bytes{}, &conn_);
  ngtcp2_conn_set_tls_native_handle(conn_, tls_->native());
}

// The packet has room for something else, and gets it: what is left of it is PADDING (0x00).
int Forger::encrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                    const std::uint8_t* plaintext, std::size_t size, const std::uint8_t* nonce, std::size_t nonce_size,
                    const std::uint8_t* aad, std::size_t aad_size) {
  std::vector<std::uint8_t> substitute(plaintext, plaintext + size);
  if (const Frames* frames = forged(); frames != nullptr && frames->size() <= size) {
    std::ranges::fill(substitute, std::uint8_t{0});
    std::memcpy(substitute.data(), frames->data(), frames->size());
  }
  return ngtcp2_crypto_encrypt_cb(dest, aead, context, substitute.data(), size, nonce, nonce_size, aad, aad_size);
}

std::size_t Forger::write(std::int64_t stream, std::size_t size) {
  static const std::array<std::uint8_t, kRoom> kFiller{};
  const ngtcp2_vec vector{const_cast<std::uint8_t*>(kFiller.data()), size};
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  ngtcp2_ssize taken = -1;
  const ngtcp2_ssize written = ngtcp2_conn_writev_stream(
      conn_, &path.path, &info, reinterpret_cast<std::uint8_t*>(area_.data()), 1200, &taken,
      NGTCP2_WRITE_STREAM_FLAG_NONE, stream, &vector, stream < 0 ? 0 : 1, quic::to_timestamp(now_));
  if (stream >= 0 && taken < static_cast<ngtcp2_ssize>(size)) return 0;
  return written > 0 ? static_cast<std::size_t>(written) : 0;
}

void Forger::hand_over(std::size_t size) {
  server_.handle_datagram(now_, reverse_, quic::Ecn::kNone, Bytes(area_).first(size));
  serve();
}

bool Forger::send(const Frames& frames) {
  forged() = &frames;
  const std::size_t size = write(stream_, kRoom);
  forged() = nullptr;
  if (size > 0) hand_over(size);
  return size > 0;
}

bool Forger::send_all(std::size_t count, const std::function<Frames(std::size_t)>& make) {
  for (std::size_t i = 0; i < count; ++i) {
    const Frames frames = make(i);
    for (int tries = 0; !end_ && !send(frames); ++tries) {
      if (tries > 10'000) return false;
      step();
    }
    if (end_) return false;
  }
  return true;
}

// What the client has to say by itself, a millisecond, and what the server says.
void Forger::step() {
  now_ += Duration(kStep);
  if (ngtcp2_conn_get_expiry(conn_) <= quic::to_timestamp(now_)) {
    ngtcp2_conn_handle_expiry(conn_, quic::to_timestamp(now_));
  }
  while (const std::size_t size = write(-1, 0)) hand_over(size);
  if (server_.next_timeout() <= now_) server_.handle_timeout(now_);
  serve();
}

void Forger::serve() {
  while (const auto event = server_.next_event()) {
    quic::Connection* connection = server_.find(event->connection);
    if (const auto* closed = std::get_if<quic::Closed>(&event->what)) end_ = closed->reason;
    if (const auto* readable = std::get_if<quic::StreamReadable>(&event->what)) {
      const auto incoming = connection->peek(readable->stream);
      connection->consume(readable->stream, incoming.bytes.size());
      if (incoming.last) connection->finish(readable->stream);
    } else if (const auto* reset = std::get_if<quic::StreamReset>(&event->what)) {
      connection->reset(reset->stream, 0);
    }
  }
  while (const auto run = server_.next_transmit(now_, area_)) {
    Bytes rest = Bytes(area_).first(run->size);
    from_server_ += rest.size();
    quic::NativePath native(path_);
    while (!rest.empty()) {
      const Bytes datagram = rest.first(std::min(run->segment_size, rest.size()));
      const ngtcp2_pkt_info info{};
      ngtcp2_conn_read_pkt(conn_, native.get(), &info, quic::to_native(datagram), datagram.size(),
                           quic::to_timestamp(now_));
      rest = rest.subspan(datagram.size());
    }
  }
}

void Forger::run_for(Duration duration) {
  for (const Instant end = now_ + duration; now_ < end;) step();
}

}  // namespace torq::simulation
