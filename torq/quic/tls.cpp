// SPDX-License-Identifier: MIT
#include "torq/quic/tls.hpp"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/quic/certificate.hpp"
#include "torq/quic/tls_credentials.hpp"

namespace torq::quic {
namespace {

// A client takes whatever a sound server's certificate is signed with.
constexpr const char* kClientPriority =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:"
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%DISABLE_TLS13_COMPAT_MODE";

constexpr std::string_view kPinPrefix = "sha256:";

// Counted from the last handshake with a certificate, however often it was resumed since.
constexpr std::chrono::seconds kTicketLifetime = std::chrono::hours(24);
// What a server may make a client hold until it is asked for it. A ticket comes with the server's certificates.
constexpr std::size_t kMostTickets = 8;
constexpr std::size_t kLargestTicket = 32 * 1024;

// In DER; empty without one.
Bytes certificate_of_peer(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  if (chain == nullptr || count == 0) return {};
  return std::as_bytes(std::span(chain[0].data, chain[0].size));
}

// Empty if the peer's certificate cannot be read.
std::string pin_of_peer(gnutls_session_t session) { return spki_pin_of_der(certificate_of_peer(session)).value_or(""); }

bool is_pin(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.starts_with(kPinPrefix) && text.size() == kPinPrefix.size() + kDigits &&
         text.find_first_not_of("0123456789abcdef", kPinPrefix.size()) == std::string_view::npos;
}

// GnuTLS describes a status bit by bit; people want one sentence.
std::string describe(unsigned status, const std::string& name) {
  if (status & GNUTLS_CERT_UNEXPECTED_OWNER) return "the certificate is not for the name " + name;
  if (status & GNUTLS_CERT_EXPIRED) return "the certificate has expired";
  if (status & GNUTLS_CERT_NOT_ACTIVATED) return "the certificate is not valid yet";
  if (status & GNUTLS_CERT_REVOKED) return "the certificate was revoked";
  if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA)) {
    return "no certificate authority that is trusted here has signed the certificate";
  }
  if (status & GNUTLS_CERT_PURPOSE_MISMATCH) return "the certificate is not for servers";
  return "the certificate's chain does not verify";
}

// A ticket begins with 16 bytes that name its key. GnuTLS derives the working key, name first, from the master key and
// the number of the period, three lifetimes long, in which it was made (lib/stek.c). Should a later GnuTLS do
// otherwise, a ticket of the previous generation is not recognised, and its client shown a certificate.
bool names_key(Bytes client_hello, Duration unix_time, const std::array<std::byte, 64>& master) {
  constexpr std::size_t kNameSize = 16;
  constexpr std::int64_t kPeriodsPerLifetime = 3;
  const std::int64_t period =
      std::chrono::floor<std::chrono::seconds>(unix_time).count() / (kTicketLifetime.count() * kPeriodsPerLifetime);
  for (const std::int64_t candidate : {period, period - 1}) {
    std::array<std::byte, 8 + 64> input{};
    for (std::size_t i = 0; i < 8; ++i) input[i] = static_cast<std::byte>(candidate >> (8 * (7 - i)));
    std::ranges::copy(master, input.begin() + 8);
    std::array<std::byte, 64> key{};
    gnutls_hash_fast(GNUTLS_DIG_SHA3_512, input.data(), input.size(), key.data());
    if (!std::ranges::search(client_hello, std::span(key).first(kNameSize)).empty()) return true;
  }
  return false;
}

std::optional<std::string> fault_under(const TrustPin& trust, gnutls_session_t, const std::string&,
                                       const std::string& pin) {
  if (pin == trust.pin) return std::nullopt;
  return "the server's key is not the pinned one";
}

std::optional<std::string> fault_under(const TrustAnyone&, gnutls_session_t, const std::string&, const std::string&) {
  return std::nullopt;
}

std::optional<std::string> fault_under(const TrustCertificateAuthorities&, gnutls_session_t session,
                                       const std::string& name, const std::string&) {
  std::string host = name;
  std::string purpose = GNUTLS_KP_TLS_WWW_SERVER;
  std::array<gnutls_typed_vdata_st, 2> wanted{};
  wanted[0] = {GNUTLS_DT_DNS_HOSTNAME, reinterpret_cast<unsigned char*>(host.data()), 0};
  wanted[1] = {GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(purpose.data()), 0};
  unsigned status = 0;
  if (gnutls_certificate_verify_peers(session, wanted.data(), wanted.size(), &status) != 0) {
    return "the certificate cannot be read";
  }
  if (status == 0) return std::nullopt;
  return describe(status, name);
}

}  // namespace

Result<ClientTls, std::string> ClientTls::create(Trust trust) {
  if (const auto* pinned = std::get_if<TrustPin>(&trust); pinned != nullptr && !is_pin(pinned->pin)) {
    return Failure("a pin is sha256: and 64 lower-case hexadecimal digits, not " + pinned->pin);
  }
  auto credentials = std::make_shared<Credentials>(kClientPriority, std::move(trust));
  if (const auto* authorities = std::get_if<TrustCertificateAuthorities>(&credentials->trust)) {
    const gnutls_datum_t pem = datum(authorities->pem);
    const int count = gnutls_certificate_set_x509_trust_mem(credentials->certificate, &pem, GNUTLS_X509_FMT_PEM);
    if (count < 0) return Failure(std::string(gnutls_strerror(count)));
    if (count == 0) return Failure(std::string("no certificate in PEM form found"));
  }
  ClientTls tls;
  tls.credentials_ = std::move(credentials);
  return tls;
}

gnutls_certificate_credentials_st* ClientTls::certificate() const { return credentials_->certificate; }

std::optional<CertificateRefusal> ClientTls::judge(gnutls_session_int* session, const std::string& server_name) const {
  const std::string pin = pin_of_peer(session);
  const auto fault =
      std::visit([&](const auto& trust) { return fault_under(trust, session, server_name, pin); }, credentials_->trust);
  if (!fault) return std::nullopt;
  return CertificateRefusal{*fault, pin};
}

struct TlsSession::Impl {
  // ngtcp2's GnuTLS glue finds the connection through the session's user pointer, which must be this struct.
  ngtcp2_crypto_conn_ref ref{};
  ngtcp2_conn* const* conn = nullptr;
  gnutls_session_t session = nullptr;
  std::optional<ServerTls> server;  // one of these two; GnuTLS holds its credentials by address
  std::optional<ClientTls> client;
  struct TicketChoice {
    Secrets secrets;
    Duration unix_time;
  };
  std::unique_ptr<TicketChoice> choice;  // a server's, until the ClientHello has come
  std::string server_name;
  std::optional<CertificateRefusal> refusal;
  std::vector<std::vector<std::byte>> tickets;

  explicit Impl(ngtcp2_conn* const* slot) : conn(slot) {
    ref.user_data = this;
    ref.get_conn = [](ngtcp2_crypto_conn_ref* self) { return *static_cast<Impl*>(self->user_data)->conn; };
  }
  ~Impl() { gnutls_deinit(session); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static Impl& of(gnutls_session_t session) {
    auto* ref = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
    return *static_cast<Impl*>(ref->user_data);
  }

  void begin_server() {
    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_END_OF_EARLY_DATA);
    gnutls_priority_set(session, server->credentials().priority);
    ngtcp2_crypto_gnutls_configure_server_session(session);
    gnutls_session_set_ptr(session, &ref);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, server->credentials().certificate);
    gnutls_db_set_cache_expiration(session, static_cast<int>(kTicketLifetime.count()));
    offer_alpn();
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_BOTH, on_client_hello);
  }

  void begin_client() {
    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_END_OF_EARLY_DATA);
    gnutls_priority_set(session, client->credentials().priority);
    ngtcp2_crypto_gnutls_configure_client_session(session);
    gnutls_session_set_ptr(session, &ref);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, client->credentials().certificate);
    gnutls_session_set_verify_function(session, [](gnutls_session_t self) { return of(self).verify(); });
    offer_alpn();
    if (!parse_ip(server_name)) {
      gnutls_server_name_set(session, GNUTLS_NAME_DNS, server_name.data(), server_name.size());
    }
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, on_ticket);
  }

  static int on_client_hello(gnutls_session_t session, unsigned, unsigned when, unsigned,
                             const gnutls_datum_t* message) {
    Impl& self = of(session);
    if (when == GNUTLS_HOOK_PRE) {
      self.choose_ticket_key(std::as_bytes(std::span(message->data, message->size)));
      return 0;
    }
    // GNUTLS_ALPN_MANDATORY speaks up only when the client sends the extension at all; without it the handshake would
    // succeed.
    if (!self.has_alpn()) return GNUTLS_E_NO_APPLICATION_PROTOCOL;
    return self.has_transport_parameters() ? 0 : GNUTLS_E_MISSING_EXTENSION;
  }

  // RFC 9001 8.2. Without them ngtcp2 would look for them at the end of the handshake, and abort before that.
  bool has_transport_parameters() { return ngtcp2_conn_get_remote_transport_params(ref.get_conn(&ref)) != nullptr; }

  // GnuTLS takes one key per session: that of the ticket which the client shows, if it is of the generation before.
  // (A second ClientHello after a HelloRetryRequest finds the choice made.)
  void choose_ticket_key(Bytes client_hello) {
    if (!choice) return;
    Secrets& secrets = choice->secrets;
    const bool is_old = secrets.previous && names_key(client_hello, choice->unix_time, secrets.previous->ticket);
    TicketKeys& keys = is_old ? *secrets.previous : secrets.current;
    const gnutls_datum_t key{reinterpret_cast<unsigned char*>(keys.ticket.data()),
                             static_cast<unsigned>(keys.ticket.size())};
    gnutls_session_ticket_enable_server(session, &key);
    choice.reset();
  }

  static int on_ticket(gnutls_session_t session, unsigned, unsigned, unsigned incoming, const gnutls_datum_t*) {
    gnutls_datum_t data{};
    Impl& self = of(session);
    if (incoming == 0 || self.tickets.size() >= kMostTickets) return 0;
    if (gnutls_session_get_data2(session, &data) != 0) return 0;
    const Bytes bytes = std::as_bytes(std::span(data.data, data.size));
    if (bytes.size() <= kLargestTicket) self.tickets.emplace_back(bytes.begin(), bytes.end());
    gnutls_free(data.data);
    return 0;
  }

  void offer_alpn() const {
    const gnutls_datum_t protocol = datum(kAlpn);
    gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE);
  }

  bool has_alpn() const {
    gnutls_datum_t selected{};
    return gnutls_alpn_get_selected_protocol(session, &selected) == 0 &&
           std::string_view(reinterpret_cast<char*>(selected.data), selected.size) == kAlpn;
  }

  int verify() {
    auto judged = client->judge(session, server_name);
    if (!judged) return 0;
    refusal = std::move(judged);
    return GNUTLS_E_CERTIFICATE_ERROR;
  }
};

TlsSession::TlsSession(const ServerTls& tls, const Secrets& secrets, Duration unix_time, ngtcp2_conn* const* conn)
    : impl_(std::make_unique<Impl>(conn)) {
  impl_->server = tls;
  impl_->choice = std::make_unique<Impl::TicketChoice>(Impl::TicketChoice{secrets, unix_time});
  impl_->begin_server();
}

TlsSession::TlsSession(const ClientTls& tls, std::string server_name, Bytes ticket, ngtcp2_conn* const* conn)
    : impl_(std::make_unique<Impl>(conn)) {
  impl_->client = tls;
  impl_->server_name = std::move(server_name);
  impl_->begin_client();
  if (ticket.empty() || gnutls_session_set_data(impl_->session, ticket.data(), ticket.size()) == 0) return;
  gnutls_deinit(impl_->session);  // it may have been taken in half
  impl_->begin_client();
}

TlsSession::~TlsSession() = default;

gnutls_session_int* TlsSession::native() const { return impl_->session; }

bool TlsSession::has_alpn() const { return impl_->has_alpn(); }

const std::optional<CertificateRefusal>& TlsSession::refusal() const { return impl_->refusal; }

bool TlsSession::resumed() const { return gnutls_session_is_resumed(impl_->session) != 0; }

bool TlsSession::accepts_resumption() { return !resumed() || impl_->verify() == 0; }

void TlsSession::send_ticket() {
  // A client that cannot resume (no psk_dhe_ke) gets none; that is no failure.
  gnutls_session_ticket_send(impl_->session, 1, 0);
}

std::vector<std::vector<std::byte>> TlsSession::take_tickets() { return std::exchange(impl_->tickets, {}); }

std::vector<std::byte> TlsSession::peer_certificate() const {
  const Bytes certificate = certificate_of_peer(impl_->session);
  return {certificate.begin(), certificate.end()};
}

}  // namespace torq::quic
