// SPDX-License-Identifier: MIT
#pragma once
// A listening TCP socket, and the binding of all that a server listens on. Non-blocking. It belongs to one thread.

#include <utility>
#include <vector>

#include "torq/net/udp_socket.hpp"

namespace torq::net {

class TcpListener {
 public:
  /// As UdpSocket::bind. Nobody can connect before listen().
  static Result<TcpListener, SocketError> bind(const SocketAddress& address, UdpSocket::Port port);

  TcpListener(TcpListener&& other) noexcept : fd_(std::exchange(other.fd_, -1)), address_(other.address_) {}
  TcpListener& operator=(TcpListener&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~TcpListener();

  /// Lets later listeners of this process join; see UdpSocket::share_port.
  std::error_code share_port();
  std::error_code listen();

  int native_handle() const { return fd_; }
  const SocketAddress& address() const { return address_; }

 private:
  TcpListener(int fd, const SocketAddress& address) : fd_(fd), address_(address) {}
  std::error_code configure() const;

  int fd_ = -1;
  SocketAddress address_;
};

struct TcpListeners {
  std::vector<SocketAddress> addresses;           ///< as asked, with the ports that were picked
  std::vector<std::vector<TcpListener>> sockets;  ///< [worker]: one per address and family
};

/// `[::]` stands for both families, as with listen_udp(). Connections wait from now on.
Result<TcpListeners, SocketError> listen_tcp(const std::vector<SocketAddress>& addresses, std::size_t workers);

}  // namespace torq::net
