// SPDX-License-Identifier: MIT
#pragma once
// Drives byte-stream sessions with real sockets and real time: accepts, reads, hands the bytes to a session, writes
// what the session has to send, ends connections that take too long. TLS and plain connections on one port are told
// apart by their first byte. What the bytes mean is the session's business. It lives on the thread that runs its
// io_context.
//
// One epoll set of its own serves all its connections (an epoll set can itself be waited for), so that a request costs
// what its recv and its send cost.

#include <memory>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/net/tcp_limits.hpp"
#include "torq/net/tcp_listener.hpp"
#include "torq/quic/tls.hpp"

namespace boost::asio {
class io_context;
}

namespace torq::net {

/// One connection's protocol, sans-IO.
class ByteSession {
 public:
  enum class Phase : std::uint8_t {
    kIdle,       ///< between two exchanges: may be ended at any time
    kReceiving,  ///< some of a request has come
    kSending,    ///< an answer is on its way
    kOver,       ///< all is said: close
    kRefused,    ///< so it is, and the peer may still be sending what nobody reads: let it see the answer first
    kFailed,     ///< what was begun cannot be completed: break off
  };

  virtual ~ByteSession() = default;
  virtual Phase phase() const = 0;
  /// False while what came must be answered first.
  virtual bool wants_bytes() const = 0;
  virtual void handle_bytes(Instant now, Bytes bytes) = 0;
  /// The peer will send no more.
  virtual void handle_end() = 0;
  /// The rest of a request is overdue.
  virtual void handle_overdue(Instant now) = 0;
  /// No more exchanges than the one that is under way.
  virtual void handle_drain() = 0;
  /// What to send next, valid until the next call; empty when there is nothing.
  virtual Bytes next_output(Instant now) = 0;
  virtual void handle_sent(Instant now, std::size_t size) = 0;
  /// The peer takes no more for now.
  virtual void handle_pause() = 0;
  /// Bytes that it holds of requests and of answers.
  virtual std::size_t held() const = 0;
};

/// What stands behind a server: a door.
class TcpApplication {
 public:
  virtual ~TcpApplication() = default;
  virtual std::unique_ptr<ByteSession> begin_session(const SocketAddress& peer) = 0;
};

enum class TcpSpeech : std::uint8_t { kPlain, kTls, kEither };

struct TcpPort {
  TcpListener listener;
  TcpSpeech speech = TcpSpeech::kEither;
};

class TcpServer {
 public:
  /// `loop` and `application` outlive the server.
  TcpServer(boost::asio::io_context& loop, std::vector<TcpPort> ports, TcpApplication& application, quic::ServerTls tls,
            const TcpLimits& limits = {});
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  /// Begins to accept.
  void start();
  /// Newcomers see this certificate.
  void use(quic::ServerTls tls);
  /// Who is there stays, within the new times.
  void use(const TcpLimits& limits);
  /// Accepts no more, ends what is idle, and the others when their exchange is over.
  void drain();
  void close_all();
  std::size_t connection_count() const;
  /// Bytes that all sessions hold.
  std::size_t memory_used() const;
  const TcpCounts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::net
