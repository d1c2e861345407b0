// SPDX-License-Identifier: MIT
#pragma once
// The smallest application that needs all of a stream: a request says its number and how many bytes it wants, the
// answer is that many bytes, which follow from the number, so that each end can tell every wrong, missing or misplaced
// one.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "party.hpp"

namespace torq::simulation {

constexpr std::uint64_t kMegabyte = 1'000'000;  // bytes

/// A request's number and the size of the answer it wants, as its first bytes.
inline constexpr std::size_t kSmallestRequest = 16;

/// Answers requests.
class Responder final : public Application {
 public:
  struct Served {
    std::uint64_t number;
    SocketAddress peer;  ///< as the connection proved it when the request was whole
    Instant at;
  };

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override;

  /// A request that grows beyond this is answered and not read to its end.
  std::size_t largest_request = 1 << 20;

  std::vector<Served> served;
  std::vector<quic::CloseReason> closed;
  std::vector<quic::Refusal> refused;
  std::size_t connections = 0;
  std::size_t stops_seen = 0;   // StreamStopped
  std::size_t resets_seen = 0;  // StreamReset
  std::size_t exchanges() const { return exchanges_.size(); }
  /// Bytes of the answer to that request that its stream has taken.
  std::uint64_t written(std::uint64_t number) const;

 private:
  struct Exchange {
    std::vector<std::byte> request;
    std::uint64_t number = 0;
    std::uint64_t answer_size = 0;
    std::uint64_t written = 0;
    bool answering = false;
  };
  using Key = std::pair<quic::ConnectionHandle, quic::StreamId>;

  void read(Instant now, quic::Connection& connection, quic::StreamId stream);
  void begin(Instant now, quic::Connection& connection, quic::StreamId stream, Exchange& exchange);
  static void write(quic::Connection& connection, quic::StreamId stream, Exchange& exchange);

  std::map<Key, Exchange> exchanges_;
};

/// Asks, over any number of connections of one endpoint.
class Requester final : public Application {
 public:
  struct Request {
    quic::ConnectionHandle connection;
    std::uint64_t answer_size = 0;
    std::size_t request_size = kSmallestRequest;
    bool reads = true;     ///< false: leaves what comes in the stream's buffer
    bool finishes = true;  ///< false: never sends FIN
    std::optional<quic::StreamId> stream;
    std::size_t sent = 0;
    std::uint64_t received = 0;
    bool answered = false;   // all of it, and FIN
    bool abandoned = false;  // by either side
  };

  void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) override;

  /// Puts a request in line and returns its number; flush() opens streams for what waits.
  std::size_t ask(Request request);
  void flush(quic::Endpoint& endpoint);
  /// Begins to read what was left in the buffer.
  void resume(quic::Endpoint& endpoint, std::size_t number);
  /// RESET_STREAM and STOP_SENDING.
  void cancel(quic::Endpoint& endpoint, std::size_t number);
  /// STOP_SENDING alone.
  void stop(quic::Endpoint& endpoint, std::size_t number);

  const Request& request(std::size_t number) const { return requests_[number]; }
  std::size_t answered() const { return answered_; }
  std::size_t unsettled() const { return requests_.size() - settled_; }
  bool connected(quic::ConnectionHandle connection) const { return connected_.contains(connection); }
  const quic::CloseReason* closed(quic::ConnectionHandle connection) const;

  std::size_t streams_available = 0;  // events of that name
  std::vector<std::vector<std::byte>> tickets;
  std::vector<std::vector<std::byte>> tokens;

 private:
  void write(quic::Connection& connection, Request& request, std::size_t number);
  void read(quic::Connection& connection, Request& request, std::size_t number);
  void settle(Request& request);
  void close(quic::ConnectionHandle connection, const quic::CloseReason& reason);
  std::optional<std::size_t> number_of(quic::ConnectionHandle connection, quic::StreamId stream) const;

  std::vector<Request> requests_;
  std::vector<std::size_t> waiting_;
  std::map<std::pair<quic::ConnectionHandle, quic::StreamId>, std::size_t> by_stream_;
  std::set<quic::ConnectionHandle> connected_;
  std::map<quic::ConnectionHandle, quic::CloseReason> closed_;
  std::size_t answered_ = 0;
  std::size_t settled_ = 0;
};

}  // namespace torq::simulation
