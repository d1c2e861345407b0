// SPDX-License-Identifier: MIT
#include "torq/net/tcp_listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "torq/base/sockaddr.hpp"
#include "torq/net/listen_group.hpp"

namespace torq::net {
namespace {

// Connections that wait to be accepted, per worker; the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4096;

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code switch_on(int fd, int level, int option) {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0 ? std::error_code() : last_error();
}

}  // namespace

Result<TcpListener, SocketError> TcpListener::bind(const SocketAddress& address, UdpSocket::Port port) {
  const int family = address.ip.family() == Family::kIpv4 ? AF_INET : AF_INET6;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failure(SocketError{"open a TCP socket for", address, last_error()});
  TcpListener listener(fd, address);
  if (const auto error = listener.configure()) return Failure(SocketError{"configure TCP", address, error});
  if (port == UdpSocket::Port::kShared) {
    if (const auto error = listener.share_port()) return Failure(SocketError{"share the port of TCP", address, error});
  }
  const SockAddr native(address);
  if (::bind(fd, native.data(), native.size()) != 0) return Failure(SocketError{"bind TCP", address, last_error()});
  SockAddr bound;
  socklen_t size = bound.size();
  if (::getsockname(fd, bound.data(), &size) != 0) return Failure(SocketError{"name TCP", address, last_error()});
  listener.address_ = from_sockaddr(bound.data());
  return listener;
}

TcpListener::~TcpListener() {
  if (fd_ >= 0) ::close(fd_);
}

// Accepted sockets inherit TCP_NODELAY: what we write is complete, and shall not wait for an acknowledgement.
std::error_code TcpListener::configure() const {
  if (address_.ip.family() == Family::kIpv6) {
    if (const auto error = switch_on(fd_, IPPROTO_IPV6, IPV6_V6ONLY)) return error;
  }
  if (const auto error = switch_on(fd_, IPPROTO_TCP, TCP_NODELAY)) return error;
  // A restart must not wait for the connections of the last run to be forgotten.
  return switch_on(fd_, SOL_SOCKET, SO_REUSEADDR);
}

std::error_code TcpListener::share_port() { return switch_on(fd_, SOL_SOCKET, SO_REUSEPORT); }

std::error_code TcpListener::listen() { return ::listen(fd_, kBacklog) == 0 ? std::error_code() : last_error(); }

Result<TcpListeners, SocketError> listen_tcp(const std::vector<SocketAddress>& addresses, std::size_t workers) {
  TcpListeners listeners;
  listeners.sockets.resize(workers);
  for (const SocketAddress& address : addresses) {
    auto groups = ListenGroups<TcpListener>(workers).bind(address);
    if (!groups) return Failure(groups.error());
    listeners.addresses.push_back(groups->front().front().address());
    for (auto& group : *groups) {
      for (std::size_t i = 0; i < workers; ++i) {
        if (const auto error = group[i].listen()) {
          return Failure(SocketError{"listen on TCP", group[i].address(), error});
        }
        listeners.sockets[i].push_back(std::move(group[i]));
      }
    }
  }
  return listeners;
}

}  // namespace torq::net
