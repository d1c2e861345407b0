// SPDX-License-Identifier: MIT
#pragma once
// A QUIC endpoint, sans-IO (RFC 9000): all connections of one socket group, as server, client or both. Datagrams, time
// and entropy go in; datagrams, events and the next deadline come out. It belongs to one thread.
//
//   endpoint.handle_datagram(now, path, ecn, bytes);      any number of these, with one `now` for a batch;
//   endpoint.handle_timeout(now);                         when next_timeout() has come
//   while (auto event = endpoint.next_event()) …          then what happened, which may call streams and close();
//   while (auto run = endpoint.next_transmit(now, out)) … then what to send; both until they are empty,
//   endpoint.next_timeout()                               and re-arm the timer.

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/quic/admission.hpp"
#include "torq/quic/closing_table.hpp"
#include "torq/quic/connection.hpp"
#include "torq/quic/counts.hpp"
#include "torq/quic/limits.hpp"
#include "torq/quic/stateless.hpp"
#include "torq/quic/timer_heap.hpp"
#include "torq/quic/tls.hpp"

namespace torq::quic {

struct EndpointOptions {
  Limits limits;
  Secrets secrets;
  WorkerSlot worker;
  std::optional<ServerTls> server;  ///< without it no connection is accepted
  /// The Unix time of Instant(), for tickets and tokens that are used after a restart. All workers have the same.
  Duration unix_time_at_zero{};
};

class Endpoint final : private ConnectionHost {
 public:
  /// `entropy` must outlive the endpoint.
  Endpoint(EndpointOptions options, Entropy& entropy);
  ~Endpoint();

  void handle_datagram(Instant now, const Path& path, Ecn ecn, Bytes datagram);
  void handle_timeout(Instant now);
  std::optional<Event> next_event();
  /// How many next_event() would return now, and the one that it would return after `n` others.
  std::size_t waiting_events() const { return events_.size(); }
  const Event& waiting_event(std::size_t n) const { return events_[n]; }
  /// `out` should hold 64 KiB, and must hold 1500 bytes.
  std::optional<Transmit> next_transmit(Instant now, std::span<std::byte> out);
  std::optional<Instant> next_timeout() const;

  /// Begins a connection; Connected or Closed will follow.
  ConnectionHandle connect(Instant now, const Path& path, const ClientTls& tls, std::string server_name,
                           const Keepsakes& keepsakes = {});
  /// Nothing after the connection's Closed event was taken and another call has begun.
  Connection* find(ConnectionHandle handle);
  /// Ends a connection with a CONNECTION_CLOSE; Closed follows.
  void close(Instant now, ConnectionHandle handle, std::uint64_t code = kNoError);
  /// So too, because the peer broke the application's protocol, to which `code` belongs (CONNECTION_CLOSE 0x1d).
  void abort(Instant now, ConnectionHandle handle, std::uint64_t code, std::string text);

  /// Newcomers see this certificate; connections keep theirs.
  void use(ServerTls server) { options_.server = std::move(server); }
  /// All that is told to a peer in its handshake (streams and windows), and `closing`, must be as before.
  void use(const Limits& limits) {
    options_.limits = limits;
    relief_at_ = limits.memory;
  }
  /// What is made from now on is made with these; connections that are there keep theirs.
  void renew_secrets(const Secrets& secrets) { options_.secrets = secrets; }
  /// Accepts no more connections: newcomers are told CONNECTION_REFUSED.
  void refuse_newcomers() { refusing_ = true; }
  std::size_t connection_count() const { return connections_.size(); }
  std::vector<ConnectionHandle> connections() const;
  const Counts& counts() const { return counts_; }
  /// For limits that are kept outside.
  void note(LimitHit limit) override { counts_.limits_hit.add(limit); }
  /// Bytes that all connections hold, GnuTLS's sessions not counted.
  std::size_t memory_used() const { return memory_; }
  const Limits& limits() const { return options_.limits; }

 private:
  // ConnectionHost
  ConnectionId new_connection_id(Connection& connection) override;
  std::array<std::byte, 16> reset_token(const ConnectionId& id) const override;
  std::vector<std::byte> address_token(const SocketAddress& client) const override;
  const Secrets& secrets() const override { return options_.secrets; }
  Duration unix_time() const override { return now_.time_since_epoch() + options_.unix_time_at_zero; }
  void forget_connection_id(const ConnectionId& id) override { by_id_.erase(id); }
  void post(Event event) override;
  void touch(Connection& connection) override;
  Entropy& entropy() override { return entropy_; }
  StreamPool& stream_pool() override { return stream_pool_; }
  std::size_t& memory() override { return memory_; }

  Instant advance(Instant now);
  void sort(Instant now, const Path& path, Ecn ecn, Bytes datagram);
  void relieve(Instant now);
  TokenTime token_time() const { return TokenTime{unix_time().count()}; }
  void handle_unknown(Instant now, const Path& path, Ecn ecn, Bytes datagram, const Invariants& header);
  bool ended_by_reset(Instant now, const Path& path, Bytes datagram);
  void handle_initial(Instant now, const Path& path, Ecn ecn, Bytes datagram, const ngtcp2_pkt_hd& initial);
  std::optional<Refusal> general_refusal();
  void accept(Instant now, const Path& path, Ecn ecn, Bytes datagram, const ngtcp2_pkt_hd& initial,
              const TokenCheck& token);
  void ask_to_retry(const Path& path, const ngtcp2_pkt_hd& initial);
  void reset_unknown(Instant now, const Path& path, const ConnectionId& id, std::size_t trigger_size);
  void refuse(const Path& path, const ngtcp2_pkt_hd& initial, Refusal reason);
  bool answer(const Path& path, Datagram datagram);
  Transmit counted(const Transmit& run);
  Connection& add_connection();
  void settle(Instant now, Connection& connection);
  std::vector<ConnectionId> forget_ids(Connection& connection);
  void retire(Instant now, Connection& connection);
  void erase(Connection& connection);
  void bury();

  EndpointOptions options_;
  Entropy& entropy_;
  std::size_t memory_ = 0;  // outlives the connections, whose ledgers write it
  std::size_t relief_at_ = 0;
  Admission admission_;
  StreamPool stream_pool_;
  std::unordered_map<ConnectionHandle, std::unique_ptr<Connection>> connections_;
  std::unordered_map<ConnectionId, Connection*, ConnectionIdHash> by_id_;
  ClosingTable closing_;
  TimerHeap<Connection> timers_;
  Ring<Connection*> touched_;
  std::vector<Connection*> dialled_;  // those that connect() began
  Ring<Event> events_;
  struct Answer {
    Path path;
    Datagram datagram;
  };
  std::deque<Answer> answers_;
  std::size_t untold_refusals_ = 0;  // in events_
  Counts counts_;
  std::vector<std::unique_ptr<Connection>> graves_;  // ended, and their Closed event was taken
  Instant now_{};
  std::uint64_t next_handle_ = 1;
  Instant reset_second_{};
  std::size_t resets_this_second_ = 0;
  bool refusing_ = false;
};

}  // namespace torq::quic
