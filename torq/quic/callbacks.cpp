// SPDX-License-Identifier: MIT
#include "torq/quic/callbacks.hpp"

#include <ngtcp2/ngtcp2_crypto.h>

#include <cstring>

#include "torq/base/sockaddr.hpp"
#include "torq/quic/connection.hpp"

namespace torq::quic {
namespace {

Connection& self(void* user) { return *static_cast<Connection*>(user); }
int to_ngtcp2(bool ok) { return ok ? 0 : NGTCP2_ERR_CALLBACK_FAILURE; }
ConnectionId to_id(const ngtcp2_cid& cid) { return ConnectionId(std::as_bytes(std::span(cid.data, cid.datalen))); }

// ngtcp2's callback has no user pointer of the connection, only what settings.rand_ctx holds.
void fill_random(uint8_t* out, size_t size, const ngtcp2_rand_ctx* context) {
  static_cast<Entropy*>(context->native_handle)->fill(std::as_writable_bytes(std::span(out, size)));
}

}  // namespace

ngtcp2_callbacks Callbacks::common() {
  ngtcp2_callbacks table{};
  table.recv_crypto_data = [](ngtcp2_conn* conn, ngtcp2_encryption_level level, uint64_t offset, const uint8_t* data,
                              size_t size, void* user) {
    constexpr uint8_t kUnexpectedMessage = 10;  // RFC 8446 6
    const Bytes bytes = std::as_bytes(std::span(data, size));
    const bool expected =
        level == NGTCP2_ENCRYPTION_LEVEL_1RTT ? self(user).on_post_handshake(bytes) : self(user).tls_.has_value();
    if (!expected) {
      ngtcp2_conn_set_tls_alert(conn, kUnexpectedMessage);
      return static_cast<int>(NGTCP2_ERR_CRYPTO);
    }
    return ngtcp2_crypto_recv_crypto_data_cb(conn, level, offset, data, size, user);
  };
  table.encrypt = ngtcp2_crypto_encrypt_cb;
  table.decrypt = ngtcp2_crypto_decrypt_cb;
  table.hp_mask = ngtcp2_crypto_hp_mask_cb;
  table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
  table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
  table.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
  table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
  table.rand = fill_random;
  table.update_key = [](ngtcp2_conn* conn, uint8_t* rx_secret, uint8_t* tx_secret, ngtcp2_crypto_aead_ctx* rx_aead,
                        uint8_t* rx_iv, ngtcp2_crypto_aead_ctx* tx_aead, uint8_t* tx_iv, const uint8_t* old_rx_secret,
                        const uint8_t* old_tx_secret, size_t secret_size, void* user) {
    ++self(user).prepared_keys_;
    return ngtcp2_crypto_update_key_cb(conn, rx_secret, tx_secret, rx_aead, rx_iv, tx_aead, tx_iv, old_rx_secret,
                                       old_tx_secret, secret_size, user);
  };
  table.get_new_connection_id = [](ngtcp2_conn*, ngtcp2_cid* cid, uint8_t* token, size_t, void* user) noexcept {
    ConnectionHost& host = self(user).host_;
    const ConnectionId id = host.new_connection_id(self(user));
    ngtcp2_cid_init(cid, reinterpret_cast<const uint8_t*>(id.bytes().data()), id.bytes().size());
    const auto reset_token = host.reset_token(id);
    std::memcpy(token, reset_token.data(), reset_token.size());
    return 0;
  };
  table.remove_connection_id = [](ngtcp2_conn*, const ngtcp2_cid* cid, void* user) noexcept {
    self(user).host_.forget_connection_id(to_id(*cid));
    return 0;
  };
  table.handshake_completed = [](ngtcp2_conn*, void* user) noexcept {
    return to_ngtcp2(self(user).on_handshake_completed());
  };
  table.stream_open = [](ngtcp2_conn*, int64_t id, void* user) noexcept {
    self(user).on_stream_opened(StreamId{id});
    return 0;
  };
  table.recv_stream_data = [](ngtcp2_conn*, uint32_t flags, int64_t id, uint64_t, const uint8_t* data, size_t size,
                              void* user, void*) noexcept {
    self(user).on_stream_data(StreamId{id}, std::as_bytes(std::span(data, size)),
                              (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
    return 0;
  };
  table.stream_reset = [](ngtcp2_conn*, int64_t id, uint64_t, uint64_t code, void* user, void*) noexcept {
    self(user).on_stream_reset(StreamId{id}, code);
    return 0;
  };
  table.stream_close = [](ngtcp2_conn*, uint32_t, int64_t id, uint64_t, void* user, void*) noexcept {
    self(user).on_stream_closed(StreamId{id});
    return 0;
  };
  table.acked_stream_data_offset = [](ngtcp2_conn*, int64_t id, uint64_t offset, uint64_t size, void* user,
                                      void*) noexcept {
    self(user).on_acknowledged(StreamId{id}, offset + size);
    return 0;
  };
  table.extend_max_stream_data = [](ngtcp2_conn*, int64_t id, uint64_t, void* user, void*) noexcept {
    self(user).on_unblocked(StreamId{id});
    return 0;
  };
  table.extend_max_local_streams_bidi = [](ngtcp2_conn*, uint64_t, void* user) noexcept {
    if (self(user).established_) self(user).host_.post({self(user).handle_, StreamsAvailable{}});
    return 0;
  };
  table.extend_max_local_streams_uni = [](ngtcp2_conn* conn, uint64_t, void* user) noexcept {
    const bool matters = self(user).established_ && ngtcp2_conn_is_server(conn);  // clients open none
    if (matters) self(user).host_.post({self(user).handle_, StreamsAvailable{}});
    return 0;
  };
  table.path_validation = [](ngtcp2_conn*, uint32_t flags, const ngtcp2_path* path, const ngtcp2_path*,
                             ngtcp2_path_validation_result result, void* user) noexcept {
    if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) {
      self(user).on_path_proven(from_sockaddr(path->remote.addr), (flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN) != 0);
    }
    return 0;
  };
  table.recv_stateless_reset = [](ngtcp2_conn*, const ngtcp2_pkt_stateless_reset*, void* user) noexcept {
    self(user).on_stateless_reset();
    return 0;
  };
  return table;
}

ngtcp2_callbacks Callbacks::server() {
  ngtcp2_callbacks table = common();
  table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
  return table;
}

ngtcp2_callbacks Callbacks::client() {
  ngtcp2_callbacks table = common();
  table.client_initial = ngtcp2_crypto_client_initial_cb;
  table.recv_retry = ngtcp2_crypto_recv_retry_cb;
  table.handshake_confirmed = [](ngtcp2_conn*, void* user) noexcept {
    self(user).on_handshake_confirmed();
    return 0;
  };
  table.recv_new_token = [](ngtcp2_conn*, const uint8_t* token, size_t size, void* user) noexcept {
    self(user).on_new_token(std::as_bytes(std::span(token, size)));
    return 0;
  };
  table.recv_version_negotiation = [](ngtcp2_conn*, const ngtcp2_pkt_hd*, const uint32_t*, size_t,
                                      void* user) noexcept {
    self(user).on_version_refused();
    return 0;
  };
  return table;
}

}  // namespace torq::quic
