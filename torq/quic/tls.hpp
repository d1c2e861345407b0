// SPDX-License-Identifier: MIT
#pragma once
// TLS 1.3 for QUIC on GnuTLS (RFC 9001): the long-lived credentials of a server and of a client, and the session of one
// connection. Certificates, keys and CAs come in as bytes; GnuTLS reads the wall clock for their dates and has its own
// entropy. Credentials are read-only once made and may be shared by threads. Together with callbacks.cpp this is all
// that knows which TLS library it is.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/result.hpp"
#include "torq/quic/secrets.hpp"

struct gnutls_certificate_credentials_st;
struct gnutls_session_int;
struct ngtcp2_conn;

namespace torq::quic {

/// The one ALPN token (RFC 7301), compared byte for byte: 0x68 0x33.
inline constexpr std::string_view kAlpn = "h3";

class ServerTls {
 public:
  /// `certificate_pem` holds the chain, the server's own first. The error says what is wrong with which of the two.
  static Result<ServerTls, std::string> create(std::string_view certificate_pem, std::string_view key_pem);

  struct Credentials;
  const Credentials& credentials() const { return *credentials_; }
  /// The same certificate for another transport than QUIC; valid as long as this, or a copy of it.
  gnutls_certificate_credentials_st* certificate() const;

 private:
  std::shared_ptr<const Credentials> credentials_;
};

/// Whom a client believes. Each stands alone; a pin needs no name, chain or date.
struct TrustCertificateAuthorities {
  std::string pem;  ///< concatenated CA certificates
};
struct TrustPin {
  std::string pin;  ///< `sha256:` and 64 lower-case hexadecimal digits of the public key's (SPKI) SHA-256
};
struct TrustAnyone {};
using Trust = std::variant<TrustCertificateAuthorities, TrustPin, TrustAnyone>;

/// Why a client refused a server's certificate.
struct CertificateRefusal {
  std::string text;
  std::string pin;  ///< that the server has; empty if its certificate cannot be read
};

class ClientTls {
 public:
  /// The error says what is wrong with the trust setting: no CA in it, or a pin of another form.
  static Result<ClientTls, std::string> create(Trust trust);

  struct Credentials;
  const Credentials& credentials() const { return *credentials_; }

  // For another transport than QUIC.
  /// Valid as long as this, or a copy of it.
  gnutls_certificate_credentials_st* certificate() const;
  /// Of a session in whose handshake the server's certificate has come; nothing when it is believed to be
  /// `server_name`.
  std::optional<CertificateRefusal> judge(gnutls_session_int* session, const std::string& server_name) const;

 private:
  std::shared_ptr<const Credentials> credentials_;
};

/// One connection's TLS. Neither moves nor is copied: GnuTLS and ngtcp2 hold its address.
class TlsSession {
 public:
  /// `conn` points to the slot that will hold the connection; it is read during callbacks only.
  /// `unix_time` tells tickets of the previous generation; GnuTLS's own clock bounds their lives.
  TlsSession(const ServerTls& tls, const Secrets& secrets, Duration unix_time, ngtcp2_conn* const* conn);
  /// `server_name`: a DNS name (sent as SNI) or an IP literal (not sent; RFC 6066 3), checked against the certificate.
  /// `ticket`: of an earlier session with this server, or empty.
  TlsSession(const ClientTls& tls, std::string server_name, Bytes ticket, ngtcp2_conn* const* conn);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  gnutls_session_int* native() const;
  /// Whether the handshake agreed on kAlpn; a server may have left the extension out.
  bool has_alpn() const;
  const std::optional<CertificateRefusal>& refusal() const;
  /// Whether the handshake did without a certificate, on the strength of a ticket.
  bool resumed() const;
  /// Client, after the handshake: false when it was resumed and the certificate of the session that the ticket is from
  /// would not be accepted (any more); refusal() says why.
  bool accepts_resumption();

  /// Server, after the handshake: hands out a ticket, good for a day at most; one that was resumed hands out none
  /// beyond the day of the first.
  void send_ticket();
  /// Client: the tickets that came since the last call.
  std::vector<std::vector<std::byte>> take_tickets();
  /// The peer's own certificate in DER, once it has come; empty before, and without one.
  std::vector<std::byte> peer_certificate() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::quic
