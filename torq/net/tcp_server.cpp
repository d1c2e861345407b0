// SPDX-License-Identifier: MIT
#include "torq/net/tcp_server.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <list>
#include <map>
#include <system_error>
#include <utility>

#include "torq/base/sockaddr.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/tcp_connection.hpp"

namespace torq::net {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

// Bounds on what one wake-up does before timers and other sockets have their turn.
constexpr int kEventsPerRound = 256;
constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kReadArea = 64 * 1024;

int make_epoll_set() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "make an epoll set");
  return fd;
}

}  // namespace

struct TcpServer::Impl {
  struct Door {
    TcpPort port;
    bool watched = false;
  };
  using Connections = std::list<std::unique_ptr<TcpConnection>>;

  asio::io_context& loop;
  TcpApplication& application;
  quic::ServerTls tls;
  TcpLimits limits;
  Descriptor set;  // owns the epoll set
  asio::steady_timer timer;
  std::vector<std::unique_ptr<Door>> doors;
  Connections connections;  // the one that was longest without a word is first
  Connections gone;         // events of this round may still name them
  std::vector<std::byte> area = std::vector<std::byte>(kReadArea);
  std::map<AddressPrefix, std::size_t> customers;  // how many connections each has, exempt ones left out
  std::size_t held = 0;                            // bytes, by all sessions
  TcpCounts counts;
  bool ticking = false;
  bool draining = false;

  Impl(asio::io_context& io, TcpApplication& app, quic::ServerTls certificate, const TcpLimits& most)
      : loop(io), application(app), tls(std::move(certificate)), limits(most), set(io, make_epoll_set()), timer(io) {}

  // An event's `data` is the door or the connection that it is of; doors have the lowest bit set.
  static_assert(alignof(Door) > 1);

  void control(int operation, int fd, std::uint32_t events, std::uint64_t data) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = data;
    ::epoll_ctl(set.native_handle(), operation, fd, &event);
  }

  void watch(Door& door) {
    if (door.watched) return;
    door.watched = true;
    control(EPOLL_CTL_ADD, door.port.listener.native_handle(), EPOLLIN, reinterpret_cast<std::uintptr_t>(&door) | 1U);
  }

  void ignore(Door& door) {
    if (!door.watched) return;
    door.watched = false;
    control(EPOLL_CTL_DEL, door.port.listener.native_handle(), 0, 0);
  }

  void wait() {
    set.async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
      if (error) return;
      serve();
      wait();
    });
  }

  void serve() {
    std::array<epoll_event, kEventsPerRound> events{};
    const int count = ::epoll_wait(set.native_handle(), events.data(), kEventsPerRound, 0);
    const Instant now = monotonic_now();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      if ((data & 1U) != 0) {
        accept(now, *reinterpret_cast<Door*>(data & ~std::uint64_t{1}));
      } else {
        serve(now, *reinterpret_cast<TcpConnection*>(data));
      }
    }
    gone.clear();
  }

  void serve(Instant now, TcpConnection& connection) {
    if (connection.over()) return;
    connections.splice(connections.end(), connections, connection.place);
    connection.advance(now, area, tls);
    settle(connection);
  }

  // Watches the connection for what it waits for, or lays it aside.
  void settle(TcpConnection& connection) {
    charge(connection, connection.held());
    if (held > limits.memory && connection.charged > TcpLimits::kFairShare && !connection.over()) {
      ++counts.memory;
      connection.close();
    }
    if (connection.over()) return lay_aside(connection);
    const std::uint32_t events =
        (connection.wants_to_read() ? EPOLLIN : 0U) | (connection.wants_to_write() ? EPOLLOUT : 0U);
    if (events == connection.watched_for) return;
    control(connection.watched_for == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.native_handle(), events,
            reinterpret_cast<std::uintptr_t>(&connection));
    connection.watched_for = events;
  }

  void charge(TcpConnection& connection, std::size_t bytes) {
    held = held - connection.charged + bytes;
    connection.charged = bytes;
  }

  void lay_aside(TcpConnection& connection) {
    charge(connection, 0);
    if (connection.failed()) ++counts.broken;
    if (connection.customer()) {
      const auto customer = customers.find(*connection.customer());
      if (--customer->second == 0) customers.erase(customer);
    }
    if (connection.watched_for != 0) control(EPOLL_CTL_DEL, connection.native_handle(), 0, 0);
    gone.splice(gone.end(), connections, connection.place);
  }

  void accept(Instant now, Door& door) {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      SockAddr peer;
      socklen_t size = peer.size();
      const int fd = ::accept4(door.port.listener.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        // Without descriptors or memory the listener would wake us for nothing until some come free: see tick().
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
          ++counts.starved;
          ignore(door);
          tick();
        }
        return;
      }
      admit(now, fd, from_sockaddr(peer.data()), door.port.speech);
    }
  }

  void admit(Instant now, int fd, const SocketAddress& peer, TcpSpeech speech) {
    const auto customer = is_exempt(peer.ip) ? std::nullopt : std::optional(customer_of(peer.ip));
    if (!has_room_for(customer)) {
      ++counts.refused;
      ::close(fd);
      return;
    }
    ++counts.accepted;
    if (customer) ++customers[*customer];
    connections.push_back(std::make_unique<TcpConnection>(fd, speech, customer, application.begin_session(peer), now));
    TcpConnection& connection = *connections.back();
    connection.place = std::prev(connections.end());
    connection.advance(now, area, tls);  // the request has come already, as a rule
    settle(connection);
    tick();
  }

  bool is_exempt(const IpAddress& ip) const {
    return std::ranges::any_of(limits.exempt, [&](const AddressPrefix& block) { return block.contains(ip); });
  }

  bool has_room_for(const std::optional<AddressPrefix>& customer) {
    if (held > limits.memory) {
      ++counts.memory;
      return false;
    }
    const auto known = customer ? customers.find(*customer) : customers.end();
    if (known != customers.end() && known->second >= limits.connections_per_prefix) {
      ++counts.prefix_full;
      return false;
    }
    if (connections.size() < limits.connections) return true;
    ++counts.full;
    return make_room();
  }

  // A newcomer is worth more than a connection that nobody has used for long.
  bool make_room() {
    constexpr std::ptrdiff_t kLookedAt = 32;
    const auto end = std::next(connections.begin(), std::min(kLookedAt, std::ssize(connections)));
    const auto oldest = std::find_if(connections.begin(), end, [](const auto& known) { return known->idle(); });
    if (oldest == end) return false;
    (*oldest)->close();
    lay_aside(**oldest);
    return true;
  }

  void tick() {
    if (std::exchange(ticking, true)) return;
    timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(limits.tick));
    timer.async_wait([this](boost::system::error_code error) {
      if (error) return;
      ticking = false;
      check_times(monotonic_now());
      if (!connections.empty() || starved()) tick();
    });
  }

  bool starved() const {
    return !draining && std::ranges::any_of(doors, [](const auto& door) { return !door->watched; });
  }

  void check_times(Instant now) {
    for (auto it = connections.begin(); it != connections.end();) {
      TcpConnection& connection = **it++;
      connection.check_time(now, limits, counts);
      settle(connection);
    }
    gone.clear();
    if (draining) return;
    for (const auto& door : doors) watch(*door);
  }

  void drain() {
    draining = true;
    doors.clear();  // closes the listeners
    const Instant now = monotonic_now();
    for (auto it = connections.begin(); it != connections.end();) {
      TcpConnection& connection = **it++;
      if (connection.idle()) connection.close();
      connection.drain(now);
      settle(connection);
    }
    gone.clear();
  }
};

TcpServer::TcpServer(asio::io_context& loop, std::vector<TcpPort> ports, TcpApplication& application,
                     quic::ServerTls tls, const TcpLimits& limits)
    : impl_(std::make_unique<Impl>(loop, application, std::move(tls), limits)) {
  for (TcpPort& port : ports) impl_->doors.push_back(std::make_unique<Impl::Door>(Impl::Door{std::move(port)}));
}

TcpServer::~TcpServer() = default;

void TcpServer::start() {
  if (impl_->doors.empty()) return;
  for (const auto& door : impl_->doors) impl_->watch(*door);
  impl_->wait();
}

void TcpServer::use(quic::ServerTls tls) { impl_->tls = std::move(tls); }
void TcpServer::use(const TcpLimits& limits) { impl_->limits = limits; }
void TcpServer::drain() { impl_->drain(); }

void TcpServer::close_all() {
  for (const auto& connection : impl_->connections) connection->close();
  impl_->check_times(monotonic_now());
}

std::size_t TcpServer::connection_count() const { return impl_->connections.size(); }
std::size_t TcpServer::memory_used() const { return impl_->held; }
const TcpCounts& TcpServer::counts() const { return impl_->counts; }

}  // namespace torq::net
