// SPDX-License-Identifier: MIT
#include "apps/torq/doctor/udp_echo.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "torq/base/random.hpp"
#include "torq/base/sockaddr.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/net/clock.hpp"
#include "torq/quic/invariants.hpp"

namespace torq::app {
namespace {

constexpr std::size_t kIdLength = 8;
constexpr std::size_t kVersionLength = 4;
constexpr std::size_t kMostVersions = 32;

using Id = std::array<std::byte, kIdLength>;

struct Probe {
  Id source{};
  Instant sent{};
};

std::error_code last_error() { return {errno, std::system_category()}; }

// Connected, so that what routers and the server's machine say against it (ICMP) comes as an error.
files::Descriptor open_towards(const SocketAddress& server, std::error_code& error) {
  const SockAddr native(server);
  files::Descriptor socket(::socket(native.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool is_v4 = server.ip.family() == Family::kIpv4;
  const int probe = is_v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;  // never cut in pieces on the way
  setsockopt(socket.get(), is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &probe,
             sizeof probe);
  if (!socket || ::connect(socket.get(), native.data(), native.size()) != 0) error = last_error();
  return socket;
}

//   1|fixed 1|random(6)  version 0x1a2a3a4a  8 destination(64)  8 source(64)  zeros…
std::vector<std::byte> datagram_of(std::size_t size, const Id& source, Entropy& entropy) {
  constexpr std::array kHead = {std::byte{0xc0}, std::byte{0x1a}, std::byte{0x2a},
                                std::byte{0x3a}, std::byte{0x4a}, std::byte{kIdLength}};
  Id destination{};
  entropy.fill(destination);
  std::vector<std::byte> datagram(kHead.begin(), kHead.end());
  datagram.insert(datagram.end(), destination.begin(), destination.end());
  datagram.push_back(std::byte{kIdLength});
  datagram.insert(datagram.end(), source.begin(), source.end());
  datagram.resize(std::max(size, datagram.size()));
  return datagram;
}

bool is_for_exercise(std::uint32_t version) { return (version & 0x0f0f0f0fU) == 0x0a0a0a0aU; }

std::vector<std::uint32_t> versions_in(Bytes list) {
  std::vector<std::uint32_t> versions;
  while (list.size() >= kVersionLength && versions.size() < kMostVersions) {
    std::uint32_t version = 0;
    for (const std::byte b : list.first(kVersionLength)) version = version << 8 | std::to_integer<std::uint32_t>(b);
    if (!is_for_exercise(version)) versions.push_back(version);
    list = list.subspan(kVersionLength);
  }
  return versions;
}

/// One row of probes and their answers.
class Row {
 public:
  Row(const EchoPlan& plan, Entropy& entropy) : plan_(plan), entropy_(entropy) {}

  EchoReport run(const SocketAddress& server) {
    const files::Descriptor socket = open_towards(server, report_.refused);
    for (const std::size_t size : plan_.sizes) {
      if (report_.refused) break;
      send(socket.get(), size);
      listen(socket.get(), net::monotonic_now() + plan_.gap);
    }
    listen(socket.get(), net::monotonic_now() + plan_.patience);
    return report_;
  }

 private:
  void send(int socket, std::size_t size) {
    Probe probe;
    entropy_.fill(probe.source);
    const auto datagram = datagram_of(size, probe.source, entropy_);
    probe.sent = net::monotonic_now();
    const bool sent = ::send(socket, datagram.data(), datagram.size(), 0) >= 0;
    if (!sent && errno != EMSGSIZE && errno != EAGAIN)
      report_.refused = last_error();  // larger than the interface: lost
    probes_.push_back(probe);
    report_.echoes.push_back({size, std::nullopt});
  }

  bool complete() const {
    return report_.echoes.size() == plan_.sizes.size() && report_.answered() == report_.echoes.size();
  }

  void listen(int socket, Instant until) {
    for (Instant now = net::monotonic_now(); now < until && !report_.refused && !complete();
         now = net::monotonic_now()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
      pollfd waiting{socket, POLLIN, 0};
      if (::poll(&waiting, 1, static_cast<int>(left.count())) > 0) receive(socket);
    }
  }

  void receive(int socket) {
    std::array<std::byte, 2048> buffer{};
    const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size < 0) {
      if (errno == ECONNREFUSED || errno == ENETUNREACH || errno == EHOSTUNREACH) report_.refused = last_error();
      return;
    }
    handle(Bytes(buffer).first(static_cast<std::size_t>(size)));
  }

  void handle(Bytes datagram) {
    const auto header = quic::parse_invariants(datagram, kIdLength);
    if (!header || !header->is_long || header->version != 0) return;
    const auto is_answered = [&](const Probe& probe) { return std::ranges::equal(probe.source, header->destination); };
    const auto found = std::ranges::find_if(probes_, is_answered);
    if (found == probes_.end()) return;
    Echo& echo = report_.echoes[static_cast<std::size_t>(found - probes_.begin())];
    if (!echo.took) echo.took = net::monotonic_now() - found->sent;
    const auto* list = header->source.data() + header->source.size();
    report_.versions = versions_in({list, static_cast<std::size_t>(datagram.data() + datagram.size() - list)});
  }

  const EchoPlan& plan_;
  Entropy& entropy_;
  std::vector<Probe> probes_;
  EchoReport report_;
};

}  // namespace

std::size_t EchoReport::answered() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(echoes, [](const Echo& echo) { return echo.took.has_value(); }));
}

std::optional<Duration> EchoReport::median() const {
  std::vector<Duration> times;
  for (const Echo& echo : echoes) {
    if (echo.took) times.push_back(*echo.took);
  }
  if (times.empty()) return std::nullopt;
  std::ranges::sort(times);
  return times[times.size() / 2];
}

std::optional<std::size_t> EchoReport::largest() const {
  std::optional<std::size_t> largest;
  for (const Echo& echo : echoes) {
    if (echo.took) largest = std::max(largest.value_or(0), echo.size);
  }
  return largest;
}

EchoReport echo(const SocketAddress& server, const EchoPlan& plan, Entropy& entropy) {
  return Row(plan, entropy).run(server);
}

}  // namespace torq::app
