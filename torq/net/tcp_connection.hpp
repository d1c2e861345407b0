// SPDX-License-Identifier: MIT
#pragma once
// One accepted connection: its socket, TLS if it speaks it, and its session. Moves bytes between them without waiting,
// and says what it waits for. Internal to this module.

#include <list>
#include <memory>
#include <optional>
#include <span>

#include "torq/net/stream_io.hpp"
#include "torq/net/tcp_server.hpp"
#include "torq/net/tls_stream.hpp"

namespace torq::net {

class TcpConnection {
 public:
  /// Takes `fd` over.
  TcpConnection(int fd, TcpSpeech speech, const std::optional<AddressPrefix>& customer,
                std::unique_ptr<ByteSession> session, Instant now);
  ~TcpConnection();
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  /// Reads, and writes what that leads to. `area` is where bytes are read to; nothing of it is kept.
  void advance(Instant now, std::span<std::byte> area, const quic::ServerTls& tls);
  void drain(Instant now) {
    session_->handle_drain();
    settle(now);
  }
  /// Looks at the clock; advance() afterwards.
  void check_time(Instant now, const TcpLimits& limits, TcpCounts& counts);
  void close() { over_ = true; }

  bool over() const { return over_; }
  bool idle() const { return !lingering_ && session_->phase() == ByteSession::Phase::kIdle; }
  int native_handle() const { return fd_; }
  std::size_t held() const { return session_->held(); }
  bool failed() const { return phase_ == Phase::kFailed; }
  /// In whose share it is counted; none for exempt addresses.
  const std::optional<AddressPrefix>& customer() const { return customer_; }
  bool wants_to_read() const { return lingering_ || (!ended_ && session_->wants_bytes()); }
  bool wants_to_write() const { return blocked_; }

  std::size_t charged = 0;                                    // bytes, to the server's account
  std::uint32_t watched_for = 0;                              // events of the epoll set; 0: not in it
  std::list<std::unique_ptr<TcpConnection>>::iterator place;  // among the server's connections

 private:
  using Phase = ByteSession::Phase;

  bool find_speech();
  void read(Instant now, std::span<std::byte> area);
  void write(Instant now);
  void settle(Instant now);
  void linger(std::span<std::byte> area);
  StreamIo receive(std::span<std::byte> area);
  StreamIo send(Bytes bytes);

  int fd_;
  TcpSpeech speech_;
  std::optional<AddressPrefix> customer_;
  std::optional<TlsStream> tls_;
  std::unique_ptr<ByteSession> session_;
  Phase phase_ = Phase::kReceiving;  // as of `since_`; a newcomer owes a request
  Instant since_;                    // the phase began, or, while sending, the last byte was taken
  bool served_ = false;              // some of an answer was taken
  bool ended_ = false;               // the peer sends no more
  bool blocked_ = false;             // the socket has no room
  bool lingering_ = false;
  bool over_ = false;
};

}  // namespace torq::net
