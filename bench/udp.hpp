// SPDX-License-Identifier: MIT
#pragma once
// Sockets as bare as they can be and still be fast: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT, no other control
// messages (no ECN, no local address). A client's sockets are connected. What the machine refuses is thrown as
// std::system_error. One thread.

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"

namespace torq::bench {

/// `source` is valid while it is delivered.
struct Received {
  const sockaddr* source;
  socklen_t source_size;
  Bytes bytes;
};

class Udp {
 public:
  /// Bound to `address`.
  static Udp listener(const SocketAddress& address);
  /// Each with a port of its own, connected to `peer`.
  static Udp client(const SocketAddress& peer, std::size_t sockets);
  Udp(Udp&&) noexcept = default;
  Udp& operator=(Udp&&) = delete;
  ~Udp();

  std::size_t size() const { return polled_.size(); }
  const sockaddr_in6& own(std::size_t socket) const { return own_[socket]; }

  /// Waits until a socket is readable or `patience` is over; never less than one look.
  void wait(Duration patience);
  using Deliver = std::function<void(std::size_t socket, const Received&)>;
  /// One batch of each socket that wait() found readable.
  void receive(const Deliver& deliver);

  /// Where the next run of datagrams is written: 64 KiB.
  std::span<std::uint8_t> space();
  /// The first `size` bytes of space() are to be sent, cut into datagrams of `segment`. `to` stays valid until flush();
  /// null on connected sockets.
  void queue(std::size_t socket, const sockaddr* to, socklen_t to_size, std::size_t size, std::size_t segment);
  void flush();

 private:
  static constexpr unsigned kBatch = 32;
  static constexpr std::size_t kSlotSize = 64 * 1024;
  static constexpr std::size_t kStride = kSlotSize + 192;  // or all begin in the same lines of the caches
  static constexpr std::size_t kRuns = 64;
  static constexpr std::size_t kRunsPerSpace = 2;  // that a caller may queue before it asks for space() again

  struct Slots {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> vectors{};
    std::array<sockaddr_in6, kBatch> sources{};
    struct alignas(cmsghdr) Control {
      std::array<std::byte, 64> bytes;
    };
    std::array<Control, kBatch> controls{};
    std::unique_ptr<std::byte[]> payloads;
  };
  struct Run {
    std::size_t socket;
    const sockaddr* to;
    socklen_t to_size;
    std::size_t offset;
    std::size_t size;
    std::size_t segment;
  };

  Udp();
  void add(const SocketAddress& address, bool connects);
  void deliver_one(std::size_t socket, const mmsghdr& message, const Deliver& deliver);
  void send(std::span<const Run> runs);

  std::vector<pollfd> polled_;
  std::vector<sockaddr_in6> own_;
  std::unique_ptr<Slots> slots_;
  std::vector<std::uint8_t> area_;
  std::size_t used_ = 0;
  std::vector<Run> runs_;
};

}  // namespace torq::bench
