// SPDX-License-Identifier: MIT
// torq-http-floor: what the kernel leaves for a tracker over HTTP/1.1. One epoll loop that looks for the ends of
// requests and answers each with the same bytes; a request that says `Connection: close` is the last of its
// connection. usage: torq-http-floor ADDRESS:PORT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/sockaddr.hpp"

namespace torq::bench {
namespace {

// As long as torq's answer to somebody who is alone in a swarm.
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 101\r\n"
    "Alt-Svc: h3=\":7001\"\r\n\r\n"
    "d8:completei1e11:external ip4:....10:incompletei0e8:intervali1800e12:min intervali30e5:peers0:e......";

void must(bool worked, const char* operation) {
  if (!worked) throw std::system_error(errno, std::system_category(), operation);
}

class Floor {
 public:
  explicit Floor(const SocketAddress& address) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    const SockAddr native(address);
    listener_ = ::socket(native.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    constexpr int kOn = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
    must(::bind(listener_, native.data(), native.size()) == 0, "bind");
    must(::listen(listener_, 4096) == 0, "listen");
    watch(listener_);
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else {
          answer(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    must(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }

  void accept_all() const {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      constexpr int kOn = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
      watch(fd);
    }
  }

  // Requests come whole: the load writes them so.
  void answer(int fd) {
    const ssize_t got = ::read(fd, in_.data(), in_.size());
    if (got <= 0) {
      ::close(fd);
      return;
    }
    const std::string_view requests(in_.data(), static_cast<std::size_t>(got));
    out_.clear();
    for (std::size_t at = 0; (at = requests.find("\r\n\r\n", at)) != std::string_view::npos; at += 4) out_ += kAnswer;
    if (::write(fd, out_.data(), out_.size()) < 0 || requests.find("Connection: close") != std::string_view::npos) {
      ::close(fd);
    }
  }

  int epoll_;
  int listener_ = -1;
  std::array<char, 65536> in_;
  std::string out_;
};

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  const auto address = argc == 2 ? torq::parse_socket_address(argv[1]) : std::nullopt;
  if (!address) {
    std::cerr << "usage: torq-http-floor ADDRESS:PORT\n";
    return 2;
  }
  try {
    torq::bench::Floor(*address).serve();
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
