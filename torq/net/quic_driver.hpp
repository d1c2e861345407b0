// SPDX-License-Identifier: MIT
#pragma once
// Drives one quic::Endpoint with real sockets and real time: reads batches of datagrams, hands the events to an
// application, writes what the endpoint has to send, arms one timer. Datagrams that are not QUIC's go to another
// application, if there is one, whose answers leave at once. It lives on the thread that runs its io_context;
// only forward() may be called from another.

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "torq/net/datagram_application.hpp"
#include "torq/net/udp_socket.hpp"
#include "torq/quic/endpoint.hpp"

namespace boost::asio {
class io_context;
}

namespace torq::net {

/// What stands behind an endpoint: a door, or a client.
class QuicApplication {
 public:
  virtual ~QuicApplication() = default;
  /// May use the endpoint's connections, and close them.
  virtual void handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) = 0;
  /// May begin to fetch what the next of endpoint.waiting_events() will need from memory; returns for how many of them.
  virtual std::size_t foresee(quic::Endpoint&) { return 0; }
  /// A client's: nobody listens at `remote`, if whoever says so is to be believed (UdpSocket::take_refusals).
  virtual void handle_refusal(Instant, const SocketAddress& /*remote*/) {}
};

/// Datagrams since the start, those apart that the endpoint has counted.
struct DatagramCounts {
  std::uint64_t forwarded = 0;   ///< came to this worker and belonged to another
  std::uint64_t inbox_full = 0;  ///< lost, because that one had too many waiting
  std::uint64_t unsent = 0;      ///< answers of the other application that a full socket did not take
};

class QuicDriver {
 public:
  /// `entropy` and `application` must outlive the driver; so must `loop`.
  QuicDriver(boost::asio::io_context& loop, quic::EndpointOptions options, Entropy& entropy,
             std::vector<UdpSocket> sockets, QuicApplication& application);
  /// With sockets that carry another protocol, too; `datagrams` outlives the driver.
  QuicDriver(boost::asio::io_context& loop, quic::EndpointOptions options, Entropy& entropy, std::vector<UdpPort> ports,
             QuicApplication& application, DatagramApplication& datagrams);
  ~QuicDriver();
  QuicDriver(const QuicDriver&) = delete;
  QuicDriver& operator=(const QuicDriver&) = delete;

  /// Workers that share their ports: a datagram that names another one's connection is handed over. Call before any of
  /// their threads starts; `workers` is in the order of their WorkerSlots and must outlive them.
  void join(std::span<QuicDriver* const> workers);

  /// Begins to receive.
  void start();

  quic::Endpoint& endpoint();
  /// The local address that a datagram to this family would leave from; nothing without a socket of that family.
  std::optional<SocketAddress> local_for(Family family) const;
  /// To be called after the endpoint was used from outside handle_event: delivers events, sends, arms the timer.
  void flush();

  DatagramCounts counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::net
