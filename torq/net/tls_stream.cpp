// SPDX-License-Identifier: MIT
#include "torq/net/tls_stream.hpp"

#include <gnutls/gnutls.h>

#include <stdexcept>
#include <utility>

#include "torq/base/address.hpp"

namespace torq::net {
namespace {

using Kind = StreamIo::Kind;

// AES-128 before AES-256 and the slow ChaCha, as for QUIC, whatever the client would rather have.
constexpr const char* kPriority =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:"
    "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:"
    "+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-RSA-SHA256:+GROUP-X25519:+GROUP-SECP256R1:+CTYPE-SRV-X509:"
    "+COMP-NULL:%SERVER_PRECEDENCE";

// A client takes whatever a sound server's certificate is signed with.
constexpr const char* kClientPriority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// Parsed once; read-only from then on.
gnutls_priority_t priority() {
  struct Parsed {
    Parsed() {
      if (gnutls_priority_init(&value, kPriority, nullptr) != 0) throw std::logic_error("the TLS priorities are wrong");
    }
    ~Parsed() { gnutls_priority_deinit(value); }
    Parsed(const Parsed&) = delete;
    Parsed& operator=(const Parsed&) = delete;
    gnutls_priority_t value = nullptr;
  };
  static const Parsed parsed;
  return parsed.value;
}

bool is_pause(ssize_t result) { return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED; }

StreamIo outcome_of_tls(ssize_t result) {
  if (result > 0) return {Kind::kDone, static_cast<std::size_t>(result)};
  if (is_pause(result)) return {Kind::kAgain};
  // An end without close_notify is an end all the same: HTTP says itself how long its messages are.
  if (result == 0 || result == GNUTLS_E_PREMATURE_TERMINATION) return {Kind::kEnd};
  return {Kind::kBroken};
}

}  // namespace

TlsStream::TlsStream(int fd, const quic::ServerTls& server) : server_(server) {
  gnutls_init(&session_, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  gnutls_priority_set(session_, priority());
  gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, server_->certificate());
  gnutls_certificate_server_set_request(session_, GNUTLS_CERT_IGNORE);
  offer_http1();
  gnutls_transport_set_int(session_, fd);
}

TlsStream::TlsStream(int fd, const quic::ClientTls& client, std::string server_name)
    : client_(client), server_name_(std::move(server_name)) {
  gnutls_init(&session_, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  gnutls_priority_set_direct(session_, kClientPriority, nullptr);
  gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, client_->certificate());
  gnutls_session_set_ptr(session_, this);
  gnutls_session_set_verify_function(session_, [](gnutls_session_t session) {
    auto& self = *static_cast<TlsStream*>(gnutls_session_get_ptr(session));
    self.refusal_ = self.client_->judge(session, self.server_name_);
    return self.refusal_ ? GNUTLS_E_CERTIFICATE_ERROR : 0;
  });
  if (!parse_ip(server_name_)) {
    gnutls_server_name_set(session_, GNUTLS_NAME_DNS, server_name_.data(), server_name_.size());
  }
  offer_http1();
  gnutls_transport_set_int(session_, fd);
}

void TlsStream::offer_http1() const {
  static constexpr std::string_view kHttp1 = "http/1.1";
  const gnutls_datum_t protocol{reinterpret_cast<unsigned char*>(const_cast<char*>(kHttp1.data())), kHttp1.size()};
  gnutls_alpn_set_protocols(session_, &protocol, 1, 0);
}

TlsStream::~TlsStream() { gnutls_deinit(session_); }

StreamIo TlsStream::advance_handshake() {
  int result = 0;
  do {
    result = gnutls_handshake(session_);
  } while (result < 0 && gnutls_error_is_fatal(result) == 0 && !is_pause(result));
  if (is_pause(result)) return {Kind::kAgain};
  if (result < 0) {
    gnutls_alert_send_appropriate(session_, result);
    fault_ = gnutls_strerror(result);
    return {Kind::kBroken};
  }
  established_ = true;
  return {Kind::kDone};
}

StreamIo TlsStream::read(std::span<std::byte> out) {
  if (!established_) {
    const StreamIo shaken = advance_handshake();
    if (!established_) return shaken;
  }
  ssize_t result = 0;
  do {
    result = gnutls_record_recv(session_, out.data(), out.size());
    // A client may ask for new keys in the middle (TLS 1.3); renegotiation (TLS 1.2) is refused by not being answered.
  } while (result < 0 && gnutls_error_is_fatal(static_cast<int>(result)) == 0 && !is_pause(result) &&
           result != GNUTLS_E_REHANDSHAKE);
  if (result == GNUTLS_E_REHANDSHAKE) return {Kind::kBroken};
  return outcome_of_tls(result);
}

StreamIo TlsStream::write(Bytes bytes) {
  if (!established_) return {Kind::kAgain};
  const ssize_t result =
      writing_ ? gnutls_record_send(session_, nullptr, 0) : gnutls_record_send(session_, bytes.data(), bytes.size());
  writing_ = is_pause(result);
  return outcome_of_tls(result);
}

bool TlsStream::awaits_room() const {
  constexpr int kToWrite = 1;
  return !established_ && gnutls_record_get_direction(session_) == kToWrite;
}

bool TlsStream::has_buffered() const { return gnutls_record_check_pending(session_) > 0; }

void TlsStream::say_goodbye() {
  if (established_) gnutls_bye(session_, GNUTLS_SHUT_WR);
}

}  // namespace torq::net
