// SPDX-License-Identifier: MIT
#pragma once
// The least that both ends of a measurement need of QUIC: ngtcp2 and GnuTLS behind recvmmsg with UDP_GRO and sendmmsg
// with UDP_SEGMENT, one thread, one timestamp per batch, each touched connection written once per batch. It is the
// floor that torq is measured against (bare.cpp) and the load that it is measured with (load.cpp), so it shares nothing
// with torq's own endpoint but plain values and the timer heap. It is no QUIC implementation for use: one path per
// connection, no Retry, no stateless reset, no certificate checks, and it trusts its peer to behave.

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/udp.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/quic/timer_heap.hpp"

namespace torq::bench {

class Machine;

/// What one stream still has to send. The bytes belong to somebody else and stay until the stream is closed.
struct Stream {
  std::int64_t id = -1;
  Bytes head;  ///< sent before `body`
  Bytes body;
  std::size_t sent = 0;
  bool ends = true;       ///< with a FIN
  bool fin_sent = false;  ///< or all that there is, of one that does not end
  bool queued = false;
  bool blocked = false;  ///< by flow control
  std::uint64_t received = 0;

  bool has_output() const { return !fin_sent && head.size() + body.size() > 0; }
};

struct Connection {
  Machine* machine = nullptr;
  ngtcp2_conn* conn = nullptr;
  gnutls_session_t tls = nullptr;
  ngtcp2_crypto_conn_ref ref{};
  std::deque<Stream*> sending;
  std::size_t socket = 0;
  std::size_t index = 0;  ///< the application's own
  Instant begun{};
  bool touched = false;
  bool established = false;
  bool over = false;  ///< ended, and waits to be deleted
  std::size_t timer_slot = quic::kNoTimer;
  Instant deadline{};
  std::vector<std::uint64_t> ids;  ///< that find it
};

/// What happens on connections. Called after ngtcp2 has returned, except for the three marked ones.
class Application {
 public:
  virtual ~Application() = default;
  virtual void on_established(Connection&) {}
  /// Within ngtcp2: send() is allowed, nothing else.
  virtual void on_data(Connection&, Stream&, Bytes, bool fin) = 0;
  virtual Stream* on_stream(Connection&) { return nullptr; }  // within ngtcp2: the peer has opened one
  virtual void on_closed(Connection&, Stream&) {}             // within ngtcp2
  /// A datagram of the connection was dealt with.
  virtual void after_read(Connection&) {}
  virtual void on_over(Connection&) {}
  virtual void on_ticket(Connection&, const gnutls_datum_t&) {}
};

struct MachineOptions {
  bool server = false;
  std::size_t sockets = 1;
  SocketAddress address;  ///< a server's own, a client's peer
  std::string cert_file;  ///< a server's, PEM
  std::string key_file;
  bool wants_tickets = false;  ///< a client's: on_ticket is called
  std::uint64_t stream_window = 64 * 1024;
  std::uint64_t connection_window = 1024 * 1024;
};

class Machine {
 public:
  Machine(MachineOptions options, Application& application);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// `ticket` may be null.
  Connection& connect(const std::vector<unsigned char>* ticket);
  /// False while the peer allows no more streams. `stream` belongs to the caller until on_closed.
  bool open(Connection& connection, Stream& stream);
  /// Unidirectional; never ends. For the control stream of HTTP/3.
  void open_control(Connection& connection, Stream& stream);
  /// `stream.head` and `stream.body` are to be sent, then FIN.
  void send(Connection& connection, Stream& stream);
  /// Ends it with a CONNECTION_CLOSE.
  void close(Connection& connection);
  /// Ends all that stand; the application hears nothing of it. The last thing that is done with them.
  void leave();

  /// Waits for datagrams or until `until`, at most; then reads, handles timers and writes. Returns the time.
  Instant turn(Instant until);
  std::size_t connection_count() const { return connections_.size(); }
  SocketAddress address() const;
  /// Reads the clock. turn() does so itself; connect() goes by the last reading.
  void refresh();

 private:
  friend struct Glue;

  void read(Instant now, std::size_t socket, const Received& datagram);
  Connection* accept(Instant now, std::size_t socket, const Received& datagram);
  Connection& add(std::size_t socket);
  void begin_tls(Connection& connection);
  void touch(Connection& connection);
  void settle(Connection& connection);
  void write_all(Instant now);
  void write(Instant now, Connection& connection);
  std::ptrdiff_t write_packet(Instant now, Connection& connection, std::span<std::uint8_t> out);
  void write_close(Connection& connection);
  void end(Connection& connection);
  void remember(Connection& connection, const ngtcp2_cid& cid);
  void bury();
  ngtcp2_settings settings(Instant now) const;
  ngtcp2_transport_params parameters() const;

  MachineOptions options_;
  Application& application_;
  Udp udp_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_priority_t priority_ = nullptr;
  gnutls_datum_t ticket_key_{};
  ngtcp2_callbacks callbacks_{};
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::unordered_map<std::uint64_t, Connection*> by_id_;
  quic::TimerHeap<Connection> timers_;
  std::vector<Connection*> touched_;
  std::vector<Connection*> over_;
  std::size_t next_socket_ = 0;
  Instant now_;  // all that ngtcp2 is told, which aborts on time that goes backwards
};

Instant clock_now();

}  // namespace torq::bench
