// SPDX-License-Identifier: MIT
#pragma once
// A server's TLS over one accepted TCP socket, on GnuTLS (RFC 8446, RFC 5246): TLS 1.3 and 1.2, ALPN http/1.1. The
// certificate is the one that QUIC shows. Never blocks. Belongs to its connection and thread.

#include <cstddef>
#include <memory>
#include <span>

#include "torq/base/bytes.hpp"
#include "torq/net/stream_io.hpp"
#include "torq/quic/tls.hpp"

struct gnutls_session_int;

namespace torq::net {

class TlsStream {
 public:
  /// Over `fd`, which outlives it.
  TlsStream(int fd, const quic::ServerTls& server);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  StreamIo read(std::span<std::byte> out);
  /// After kAgain the next call must begin with the same bytes.
  StreamIo write(Bytes bytes);
  /// The handshake, not the caller, has something to send that found no room.
  bool awaits_room() const;
  /// Bytes that have come from the socket and would be read without asking it.
  bool has_buffered() const;
  /// Tells the peer that no more comes.
  void say_goodbye();

 private:
  StreamIo advance_handshake();

  quic::ServerTls server_;  // GnuTLS holds its credentials by address
  gnutls_session_int* session_ = nullptr;
  bool established_ = false;
  bool writing_ = false;  // GnuTLS has taken bytes that the socket had no room for
};

}  // namespace torq::net
