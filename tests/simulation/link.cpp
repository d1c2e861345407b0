// SPDX-License-Identifier: MIT
#include "link.hpp"

#include <utility>

namespace torq::simulation {
namespace {

SocketAddress at(const char* text) { return *parse_socket_address(text); }

}  // namespace

Link::Link(std::uint64_t seed)
    : random_(seed), client_path_{at("10.0.0.2:40000"), at("192.0.2.1:7001")}, outside_(at("198.51.100.1:40000")) {}

void Link::delay(Duration one_way, Duration jitter) {
  delay_ = one_way;
  jitter_ = jitter;
}

void Link::be_perfect() {
  loss_ = duplication_ = corruption_ = reordering_ = 0;
  jitter_ = {};
  mtu_ = SIZE_MAX;
  doomed_ = {};
  mend();
}

void Link::cut() {
  cut(Direction::kToServer);
  cut(Direction::kToClient);
}

bool Link::happens(double chance) {
  constexpr std::uint64_t kParts = 1'000'000;
  return random_.below(kParts) < static_cast<std::uint64_t>(chance * kParts);
}

Fate Link::fate_of(Direction direction, const quic::Path& path, std::size_t size) {
  if (direction == Direction::kToClient && path.remote != outside_) return Fate::kUnroutable;
  if (doomed_[index(direction)] > 0) {
    --doomed_[index(direction)];
    return Fate::kLost;
  }
  if (cut_[index(direction)] || size > mtu_ || happens(loss_)) return Fate::kLost;
  if (happens(corruption_)) return Fate::kCorrupted;
  if (happens(duplication_)) return Fate::kDuplicated;
  return Fate::kDelivered;
}

void Link::send(Instant now, Direction direction, const quic::Path& path, quic::Ecn ecn, Bytes bytes) {
  const Fate fate = fate_of(direction, path, bytes.size());
  trace_.push_back({now, direction, bytes.size(), fate});
  if (watcher_) watcher_(direction, bytes);
  ++sent_[index(direction)];
  if (fate == Fate::kLost || fate == Fate::kUnroutable) return;
  Arrival arrival{direction, client_path_, ecn, {bytes.begin(), bytes.end()}};
  if (direction == Direction::kToServer) arrival.path = {client_path_.remote, outside_};
  if (fate == Fate::kCorrupted) {
    arrival.bytes[random_.below(bytes.size())] ^= static_cast<std::byte>(1 + random_.below(255));
  }
  if (fate == Fate::kDuplicated) carry(now, arrival);
  carry(now, std::move(arrival));
}

void Link::carry(Instant now, Arrival arrival) {
  Duration on_the_way = delay_;
  if (jitter_ > Duration{}) {
    on_the_way += Duration(random_.below(static_cast<std::uint64_t>(jitter_.count())));
  }
  if (happens(reordering_)) on_the_way += Duration(random_.below(static_cast<std::uint64_t>(4 * delay_.count())));
  under_way_.emplace(now + on_the_way, std::move(arrival));
}

std::optional<Arrival> Link::receive(Instant now) {
  if (under_way_.empty() || under_way_.begin()->first > now) return std::nullopt;
  Arrival arrival = std::move(under_way_.begin()->second);
  under_way_.erase(under_way_.begin());
  return arrival;
}

std::optional<Instant> Link::next_arrival() const {
  return under_way_.empty() ? std::nullopt : std::optional(under_way_.begin()->first);
}

}  // namespace torq::simulation
