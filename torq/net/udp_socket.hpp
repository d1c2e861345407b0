// SPDX-License-Identifier: MIT
#pragma once
// A UDP socket as QUIC needs it: many datagrams per system call in both directions (recvmmsg with UDP_GRO, sendmmsg
// with UDP_SEGMENT), ECN marks, the local address of each datagram also on a wildcard bind, don't-fragment.
// Non-blocking. It belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/quic/types.hpp"

struct mmsghdr;
struct msghdr;

namespace torq::net {

/// A system call that failed on an address.
struct SocketError {
  std::string operation;  ///< "bind", "socket"…
  SocketAddress address;
  std::error_code code;

  /// For example: "cannot bind 127.0.0.1:7001: Address already in use".
  std::string text() const;
};

/// Where datagrams arrive. One per thread, shared by its sockets; large (2 MiB of address space), made once.
class ReceiveBatch {
 public:
  ReceiveBatch();
  ~ReceiveBatch();
  ReceiveBatch(const ReceiveBatch&) = delete;
  ReceiveBatch& operator=(const ReceiveBatch&) = delete;

  /// After a receive: more may be waiting.
  bool was_full() const;

 private:
  friend class UdpSocket;
  struct Slots;
  std::unique_ptr<Slots> slots_;
};

/// One run of datagrams to send: `bytes` cut into segments of `transmit.segment_size`.
struct Outgoing {
  quic::Transmit transmit;
  Bytes bytes;
};

/// How datagrams leave. The kernel's, but for tests, where the machine fails.
struct SendCalls {
  int (*many)(int socket, mmsghdr* messages, unsigned count, int flags) = nullptr;  ///< sendmmsg(2)
  long (*one)(int socket, const msghdr* message, int flags) = nullptr;              ///< sendmsg(2)
};

class UdpSocket {
 public:
  enum class Port : std::uint8_t {
    kOwn,     ///< nobody else may have it; the bind fails if anybody does
    kShared,  ///< joins the sockets of this process that were bound before it (SO_REUSEPORT)
  };

  /// IPv6 sockets carry IPv6 only. Port 0 picks a free one.
  static Result<UdpSocket, SocketError> bind(const SocketAddress& address, Port port);

  /// A client's: a free port of its own, and the kernel picks the source address for each destination. So the local
  /// address of every path is the wildcard, in both directions; a change of network shows to the peer, not here.
  /// It learns of ports that nobody listens on: see take_refusals().
  static Result<UdpSocket, SocketError> open_for_client(Family family);

  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&& other) noexcept;
  ~UdpSocket();

  /// Lets later sockets of this process join on the port that bind(kOwn) proved to be free: no other process could
  /// slip in between.
  std::error_code share_port();

  int native_handle() const { return fd_; }
  const SocketAddress& address() const { return address_; }
  /// Whether datagrams with this local address leave through this socket.
  bool serves(const SocketAddress& local) const;

  using Deliver = std::function<void(const quic::Path&, quic::Ecn, Bytes datagram)>;
  /// Takes at most one batch of what is waiting; returns how many datagrams that was, 0 when none is waiting.
  std::size_t receive(ReceiveBatch& batch, const Deliver& deliver);

  using Refused = std::function<void(const SocketAddress& remote)>;
  /// Where something was sent and nobody listens, as the machine there says (ICMP port unreachable): a client's. To be
  /// called whenever the socket is readable, which it stays until all are taken. Whoever guesses the local port
  /// can forge it.
  void take_refusals(const Refused& refused);

  /// Sends runs in order and returns how many were dealt with. Fewer than all: the kernel's buffer is full, wait until
  /// the socket is writable. A run that the network refuses counts as lost, as any datagram may be.
  std::size_t send(std::span<const Outgoing> runs);
  void use(const SendCalls& calls) { calls_ = calls; }

 private:
  UdpSocket(int fd, const SocketAddress& address);
  std::error_code configure() const;
  bool send_one_by_one(const Outgoing& run) const;

  int fd_ = -1;
  SocketAddress address_;
  SendCalls calls_;
  bool tells_local_ = true;  // received paths name the address that was asked, not the one that is bound
  bool tells_refusals_ = false;
  bool segmentation_ = true;  // UDP_SEGMENT works on this path to the device
};

}  // namespace torq::net
