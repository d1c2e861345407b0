// SPDX-License-Identifier: MIT
#pragma once
// TLS over one TCP socket, either side, on GnuTLS (RFC 8446, RFC 5246): TLS 1.3 and 1.2, ALPN http/1.1. A server shows
// the certificate that QUIC shows; a client believes whom it would believe there. Never blocks. Belongs to its
// connection and thread.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/net/stream_io.hpp"
#include "torq/quic/tls.hpp"

struct gnutls_session_int;

namespace torq::net {

class TlsStream {
 public:
  /// Over `fd`, which outlives it.
  TlsStream(int fd, const quic::ServerTls& server);
  /// `server_name`: a DNS name, or an IP literal, which is not sent (RFC 6066 3).
  TlsStream(int fd, const quic::ClientTls& client, std::string server_name);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  /// Also goes on with the handshake.
  StreamIo read(std::span<std::byte> out);
  /// After kAgain the next call must begin with the same bytes.
  StreamIo write(Bytes bytes);
  /// The handshake, not the caller, has something to send that found no room.
  bool awaits_room() const;
  /// Bytes that have come from the socket and would be read without asking it.
  bool has_buffered() const;
  /// Tells the peer that no more comes.
  void say_goodbye();

  bool established() const { return established_; }
  /// A client's, after kBroken: why the server was not believed.
  const std::optional<quic::CertificateRefusal>& refusal() const { return refusal_; }
  /// After a handshake that failed: GnuTLS's words.
  const std::string& fault() const { return fault_; }

 private:
  void offer_http1() const;
  StreamIo advance_handshake();

  std::optional<quic::ServerTls> server_;  // one of these two: GnuTLS holds its credentials by address
  std::optional<quic::ClientTls> client_;
  std::string server_name_;
  std::optional<quic::CertificateRefusal> refusal_;
  std::string fault_;
  gnutls_session_int* session_ = nullptr;
  bool established_ = false;
  bool writing_ = false;  // GnuTLS has taken bytes that the socket had no room for
};

}  // namespace torq::net
