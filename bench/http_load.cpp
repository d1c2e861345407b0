// SPDX-License-Identifier: MIT
// torq-http-load: loads any HTTP/1.1 tracker from one thread, and says what its answers cost the server and itself:
// connections that are kept, with as many requests on their way as told, or one for each request; plain or TLS.
#include <fmt/format.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <deque>
#include <iostream>
#include <stdexcept>

#include "bench/announces.hpp"
#include "bench/gauge.hpp"
#include "bench/machine.hpp"
#include "torq/base/sockaddr.hpp"

namespace torq::bench {
namespace {

constexpr Duration kPatience = std::chrono::seconds(10);  // without a single answer

struct HttpPlan {
  std::string server;
  pid_t server_process = 0;
  std::size_t connections = 64;
  std::size_t outstanding = 1;
  bool closes = false;
  bool tls = false;
  double warm_up = 1;
  double seconds = 3;
  std::uint64_t limit = 0;
  bool prints_hashes = false;
  Population population;
};

/// One connection, and the requests that wait for their answers.
struct Caller {
  int fd = -1;
  gnutls_session_t tls = nullptr;
  bool stands = false;
  std::string out;
  std::string in;
  std::deque<Instant> waiting;
};

class HttpLoad {
 public:
  explicit HttpLoad(const HttpPlan& plan)
      : plan_(plan),
        address_(address_of(plan)),
        gauge_(plan.server_process),
        announces_(plan.population),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        callers_(plan.connections) {
    gnutls_certificate_allocate_credentials(&credentials_);
  }

  void run() {
    for (Caller& caller : callers_) dial(caller);
    const Instant start = clock_now();
    const auto after = [&](double seconds) { return start + Duration(static_cast<Duration::rep>(seconds * 1e9)); };
    bool measuring = false;
    while (plan_.limit > 0 ? happened_ < plan_.limit : now_ < after(plan_.warm_up + plan_.seconds)) {
      turn();
      if (!measuring && now_ >= after(plan_.warm_up)) gauge_.begin(now_);
      measuring = measuring || now_ >= after(plan_.warm_up);
      if (now_ - heard_ > kPatience) throw std::runtime_error("the server has stopped answering");
    }
    gauge_.end(clock_now());
    std::puts(fmt::format("{{{}}}", gauge_.json()).c_str());
  }

 private:
  static SocketAddress address_of(const HttpPlan& plan) {
    const auto address = parse_socket_address(plan.server);
    if (!address) throw std::runtime_error(plan.server + " is not ADDRESS:PORT");
    return *address;
  }

  void dial(Caller& caller) {
    const SockAddr native(address_);
    caller = {};
    caller.fd = ::socket(native.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    constexpr int kOn = 1;
    setsockopt(caller.fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
    if (caller.fd < 0 || (::connect(caller.fd, native.data(), native.size()) != 0 && errno != EINPROGRESS)) {
      throw std::runtime_error("cannot connect to " + plan_.server);
    }
    if (plan_.tls) begin_tls(caller);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &caller;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, caller.fd, &event);
    for (std::size_t i = 0; i < plan_.outstanding; ++i) ask(caller);
  }

  void begin_tls(Caller& caller) const {
    gnutls_init(&caller.tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(caller.tls, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM", nullptr);
    gnutls_credentials_set(caller.tls, GNUTLS_CRD_CERTIFICATE, credentials_);
    gnutls_transport_set_int(caller.tls, caller.fd);
  }

  void hang_up(Caller& caller) const {
    if (caller.tls != nullptr) gnutls_deinit(caller.tls);
    ::close(caller.fd);
  }

  void ask(Caller& caller) {
    caller.out.append("GET ").append(announces_.next_path()).append(" HTTP/1.1\r\nHost: tracker\r\n");
    caller.out += plan_.closes ? "Connection: close\r\n\r\n" : "\r\n";
    caller.waiting.push_back(clock_now());
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
    now_ = clock_now();
    for (int i = 0; i < count; ++i) attend(*static_cast<Caller*>(events[static_cast<std::size_t>(i)].data.ptr));
  }

  void attend(Caller& caller) {
    if (!shake_hands(caller)) return;
    const bool ended = !receive(caller);
    take_answers(caller);
    const bool done = plan_.closes && caller.waiting.empty();
    if (ended && !done) gauge_.error();
    if (ended || done) {
      hang_up(caller);
      dial(caller);
    }
    flush(caller);
  }

  bool shake_hands(Caller& caller) {
    if (caller.tls == nullptr || caller.stands) return true;
    const int result = gnutls_handshake(caller.tls);
    if (result < 0 && gnutls_error_is_fatal(result) != 0) throw std::runtime_error(gnutls_strerror(result));
    return caller.stands = result == 0;
  }

  // False at the end of the connection.
  bool receive(Caller& caller) {
    for (;;) {
      const ssize_t got = caller.tls != nullptr ? gnutls_record_recv(caller.tls, area_.data(), area_.size())
                                                : ::read(caller.fd, area_.data(), area_.size());
      if (got <= 0) {
        return caller.tls != nullptr ? got != 0 && gnutls_error_is_fatal(static_cast<int>(got)) == 0
                                     : got < 0 && (errno == EAGAIN || errno == ENOTCONN);
      }
      caller.in.append(area_.data(), static_cast<std::size_t>(got));
      gauge_.bytes(static_cast<std::uint64_t>(got));
      if (caller.tls == nullptr && static_cast<std::size_t>(got) < area_.size()) return true;
    }
  }

  void take_answers(Caller& caller) {
    std::string_view rest = caller.in;
    while (const std::size_t size = size_of_answer(rest)) {
      if (caller.waiting.empty()) throw std::runtime_error("more answers than requests");
      if (!rest.starts_with("HTTP/1.1 200") || rest.substr(0, size).find("8:interval") == std::string_view::npos) {
        gauge_.error();
      }
      heard_ = clock_now();
      gauge_.answer(heard_ - caller.waiting.front());
      ++happened_;
      caller.waiting.pop_front();
      if (!plan_.closes) ask(caller);
      rest.remove_prefix(size);
    }
    caller.in.erase(0, caller.in.size() - rest.size());
  }

  /// 0 while it is not whole.
  static std::size_t size_of_answer(std::string_view text) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t head = text.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    const std::size_t field = text.find(kLength);
    if (field > head) throw std::runtime_error("an answer without a length");
    std::size_t length = 0;
    std::from_chars(text.data() + field + kLength.size(), text.data() + head, length);
    return text.size() < head + 4 + length ? 0 : head + 4 + length;
  }

  void flush(Caller& caller) {
    if (caller.out.empty() || (caller.tls != nullptr && !caller.stands)) return;
    const ssize_t sent = caller.tls != nullptr ? gnutls_record_send(caller.tls, caller.out.data(), caller.out.size())
                                               : ::send(caller.fd, caller.out.data(), caller.out.size(), MSG_NOSIGNAL);
    if (sent > 0) caller.out.erase(0, static_cast<std::size_t>(sent));
  }

  const HttpPlan& plan_;
  const SocketAddress address_;
  Gauge gauge_;
  Announces announces_;
  int epoll_;
  std::vector<Caller> callers_;
  gnutls_certificate_credentials_t credentials_ = nullptr;
  std::array<char, 65536> area_;
  Instant now_ = clock_now(), heard_ = now_;
  std::uint64_t happened_ = 0;
};

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  torq::bench::HttpPlan plan;
  CLI::App app{"loads a tracker over HTTP/1.1"};
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("server", plan.server, "ADDRESS:PORT")->required();
  app.add_option("--server-pid", plan.server_process, "whose CPU time is read");
  app.add_option("--connections", plan.connections);
  app.add_option("--outstanding", plan.outstanding, "requests on each connection");
  app.add_flag("--close", plan.closes, "a connection for each request");
  app.add_flag("--tls", plan.tls, "believing whoever answers");
  app.add_option("--warm-up", plan.warm_up, "seconds");
  app.add_option("--seconds", plan.seconds);
  app.add_option("--limit", plan.limit, "ends after so many answers");
  app.add_option("--peers", plan.population.peers, "how many are announced");
  app.add_option("--swarms", plan.population.swarms, "that they are spread over; 0: each has its own");
  app.add_option("--first", plan.population.first, "the number of the first peer");
  app.add_flag("--in-turn", plan.population.in_turn, "one peer after the other instead of at random");
  app.add_option("--numwant", plan.population.numwant);
  app.add_flag("--print-hashes", plan.prints_hashes, "of all swarms, and nothing else");
  CLI11_PARSE(app, argc, argv);
  try {
    for (std::uint64_t swarm = 0; plan.prints_hashes && swarm < plan.population.swarms; ++swarm) {
      std::puts(torq::bench::Announces::hash_of(swarm).c_str());
    }
    if (!plan.prints_hashes) torq::bench::HttpLoad(plan).run();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "torq-http-load: " << failure.what() << '\n';
    return 1;
  }
}
