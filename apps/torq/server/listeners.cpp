// SPDX-License-Identifier: MIT
#include "apps/torq/server/listeners.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "torq/net/tcp_listener.hpp"
#include "torq/net/udp_listen.hpp"

namespace torq::app {
namespace {

/// All that is asked for at one address.
struct Place {
  SocketAddress address;
  std::vector<Door> doors;

  bool has(Door door) const { return std::ranges::find(doors, door) != doors.end(); }
  bool has_udp() const { return has(Door::kQuic) || has(Door::kUdp); }
  bool has_tcp() const { return has(Door::kHttp) || has(Door::kHttps); }
  net::UdpSpeech datagrams() const {
    if (has(Door::kQuic) && has(Door::kUdp)) return net::UdpSpeech::kEither;
    return has(Door::kQuic) ? net::UdpSpeech::kQuic : net::UdpSpeech::kDatagrams;
  }
  net::TcpSpeech speech() const {
    if (has(Door::kHttp) && has(Door::kHttps)) return net::TcpSpeech::kEither;
    return has(Door::kHttps) ? net::TcpSpeech::kTls : net::TcpSpeech::kPlain;
  }
};

// `http://` and `https://` of one number share its socket, and so do `quic://` and `udp://`; each 0 asks for a number
// of its own.
std::vector<Place> gather(const std::vector<ListenAt>& asked) {
  std::vector<Place> places;
  for (const ListenAt& where : asked) {
    const auto known = std::ranges::find(places, where.address, &Place::address);
    Place& place =
        known == places.end() || where.address.port == 0 ? places.emplace_back(Place{where.address, {}}) : *known;
    for (const Door door : kDoors) {
      if (where.has(door) && !place.has(door)) place.doors.push_back(door);
    }
  }
  return places;
}

struct Bound {
  SocketAddress address;
  std::optional<net::Listeners> udp;
  std::optional<net::TcpListeners> tcp;
};

Result<Bound, net::SocketError> bind_once(const Place& place, std::size_t workers) {
  Bound bound{place.address, {}, {}};
  if (place.has_udp()) {
    auto udp = net::listen_udp({bound.address}, workers);
    if (!udp) return Failure(udp.error());
    bound.address = udp->addresses.front();
    bound.udp = std::move(*udp);
  }
  if (place.has_tcp()) {
    auto tcp = net::listen_tcp({bound.address}, workers);
    if (!tcp) return Failure(tcp.error());
    bound.address = tcp->addresses.front();
    bound.tcp = std::move(*tcp);
  }
  return bound;
}

// The number that was free for UDP may be taken for TCP; where any will do, another is tried.
Result<Bound, net::SocketError> bind(const Place& place, std::size_t workers) {
  constexpr int kPicks = 16;
  for (int pick = 1;; ++pick) {
    auto bound = bind_once(place, workers);
    if (bound || place.address.port != 0 || pick == kPicks) return bound;
  }
}

void hand_out(Bound bound, const Place& place, std::vector<WorkerSockets>& workers) {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (bound.udp) {
      for (net::UdpSocket& socket : bound.udp->sockets[i]) {
        workers[i].udp.push_back({std::move(socket), place.datagrams()});
      }
    }
    if (!bound.tcp) continue;
    for (net::TcpListener& listener : bound.tcp->sockets[i]) {
      workers[i].tcp.push_back({std::move(listener), place.speech()});
    }
  }
}

}  // namespace

Result<Listeners, std::string> listen_at(const std::vector<ListenAt>& asked, std::size_t workers) {
  Listeners listeners;
  listeners.workers.resize(workers);
  for (const Place& place : gather(asked)) {
    auto bound = bind(place, workers);
    if (!bound) return Failure(bound.error().text());
    for (const Door door : place.doors) listeners.doors.push_back({door, bound->address});
    hand_out(std::move(*bound), place, listeners.workers);
  }
  std::ranges::stable_sort(listeners.doors, {}, &Listening::door);
  return listeners;
}

}  // namespace torq::app
