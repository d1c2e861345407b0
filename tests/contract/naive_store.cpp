// SPDX-License-Identifier: MIT
#include "naive_store.hpp"

#include <algorithm>

namespace torq::contract {

using tracker::Role;
using tracker::RoleCounts;
using tracker::SwarmCounts;
using tracker::Visit;
using tracker::VisitReply;

SwarmCounts NaiveStore::Swarm::counts() const {
  SwarmCounts sum{0, downloaded, 0};
  for (const auto& [address, peer] : peers) ++(peer.role == Role::kSeeder ? sum.complete : sum.incomplete);
  return sum;
}

VisitReply NaiveStore::visit(Instant now, const Visit& visit, Random& random, std::vector<SocketAddress>) {
  const std::lock_guard lock(mutex_);
  advance(now);
  auto swarm = swarms_.find(visit.swarm);
  const bool is_known = swarm != swarms_.end() && swarm->second.peers.contains(visit.peer);
  if (!is_known && !has_room(visit.swarm)) {
    if (swarm == swarms_.end()) return {false, {}, {}};
    return {false, swarm->second.counts(), pick(swarm->second, visit, random)};
  }
  if (swarm == swarms_.end()) swarm = swarms_.emplace(visit.swarm, Swarm{}).first;
  Swarm& known = swarm->second;
  const bool had_completed =
      is_known && !is_over(known.peers.at(visit.peer)) && known.peers.at(visit.peer).has_completed;
  if (visit.completed && !had_completed) ++known.downloaded;
  known.peers[visit.peer] = {visit.role, visit.completed || had_completed, now_};
  return {true, known.counts(), pick(known, visit, random)};
}

SwarmCounts NaiveStore::leave(Instant now, const InfoHash& info_hash, const SocketAddress& peer) {
  const std::lock_guard lock(mutex_);
  advance(now);
  const auto swarm = swarms_.find(info_hash);
  if (swarm == swarms_.end()) return {};
  if (swarm->second.peers.erase(peer) > 0) swarm->second.empty_since = now_;
  const SwarmCounts counts = swarm->second.counts();
  if (counts == SwarmCounts{}) swarms_.erase(swarm);
  return counts;
}

SwarmCounts NaiveStore::counts(Instant now, const InfoHash& info_hash) {
  const std::lock_guard lock(mutex_);
  advance(now);
  const auto swarm = swarms_.find(info_hash);
  return swarm == swarms_.end() ? SwarmCounts{} : swarm->second.counts();
}

bool NaiveStore::expire(Instant now) {
  const std::lock_guard lock(mutex_);
  advance(now);
  for (auto it = swarms_.begin(); it != swarms_.end();) {
    Swarm& swarm = it->second;
    std::erase_if(swarm.peers, [&](const auto& peer) {
      if (is_over(peer.second)) swarm.empty_since = std::max(swarm.empty_since, peer.second.seen + lifetime_);
      return is_over(peer.second);
    });
    const bool is_idle = swarm.peers.empty() && (swarm.downloaded == 0 || now_ - swarm.empty_since > lifetime_);
    it = is_idle ? swarms_.erase(it) : std::next(it);
  }
  return false;
}

bool NaiveStore::is_there(const InfoHash& info_hash, const SocketAddress& address) const {
  const std::lock_guard lock(mutex_);
  const auto swarm = swarms_.find(info_hash);
  if (swarm == swarms_.end()) return false;
  const auto peer = swarm->second.peers.find(address);
  return peer != swarm->second.peers.end() && !is_over(peer->second);
}

void NaiveStore::advance(Instant now) { now_ = std::max(now_, now); }

bool NaiveStore::has_room(const InfoHash& info_hash) const {
  std::size_t peers = 0;
  for (const auto& entry : swarms_) peers += entry.second.peers.size();
  const auto swarm = swarms_.find(info_hash);
  const bool in_swarm =
      swarm == swarms_.end() ? swarms_.size() < limits_.swarms : swarm->second.peers.size() < limits_.peers_per_swarm;
  return in_swarm && peers < limits_.peers;
}

std::vector<SocketAddress> NaiveStore::pick(const Swarm& swarm, const Visit& visit, Random& random) const {
  std::vector<SocketAddress> seeders, leechers;
  for (const auto& [address, peer] : swarm.peers) {
    if (address == visit.peer || is_over(peer)) continue;
    if (visit.family && address.ip.family() != *visit.family) continue;
    (peer.role == Role::kSeeder ? seeders : leechers).push_back(address);
  }
  std::shuffle(seeders.begin(), seeders.end(), random);
  std::shuffle(leechers.begin(), leechers.end(), random);
  const RoleCounts shares = share_places(visit.wanted, visit.role, {seeders.size(), leechers.size()});
  seeders.resize(shares.seeders);
  seeders.insert(seeders.end(), leechers.begin(), leechers.begin() + static_cast<std::ptrdiff_t>(shares.leechers));
  return seeders;
}

}  // namespace torq::contract
