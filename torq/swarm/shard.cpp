// SPDX-License-Identifier: MIT
#include "torq/swarm/shard.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace torq::swarm {
namespace {

using tracker::SwarmCounts;
using tracker::Visit;
using tracker::VisitReply;

constexpr unsigned kPassesPerLifetime = 16;
constexpr TickCount kPassPeriod = kLifetimeTicks / kPassesPerLifetime;

}  // namespace

VisitReply Shard::visit(Instant now, const Visit& visit, Tag tag, Random& random, std::vector<SocketAddress> recycled) {
  const std::lock_guard lock(mutex_);
  const Tick tick = advance(now);

  Swarm* swarm = swarms_.find(visit.swarm, tag);
  bool admitted = swarm && swarm->refresh(visit, tick, commons_.hash_of);
  if (!admitted && !is_crowded(swarm, visit.peer, random) && take_room(swarm)) {
    if (!swarm) swarm = &swarms_.insert(visit.swarm, tag);
    swarm->add(visit, tick, commons_.hash_of);
    admitted = true;
  }
  if (!swarm) {
    recycled.clear();
    return {false, {}, std::move(recycled)};
  }
  return {admitted, swarm->counts(), swarm->pick(visit, admitted, tick, random, std::move(recycled))};
}

SwarmCounts Shard::leave(Instant now, const InfoHash& info_hash, Tag tag, const SocketAddress& peer) {
  const std::lock_guard lock(mutex_);
  advance(now);

  Swarm* swarm = swarms_.find(info_hash, tag);
  if (!swarm) return {};
  if (swarm->remove(peer, commons_.hash_of)) commons_.peers.give_back(1);
  const SwarmCounts counts = swarm->counts();
  if (counts == SwarmCounts{}) erase(info_hash, tag);
  return counts;
}

SwarmCounts Shard::counts(Instant now, const InfoHash& info_hash, Tag tag) {
  const std::lock_guard lock(mutex_);
  advance(now);

  const Swarm* swarm = swarms_.find(info_hash, tag);
  return swarm ? swarm->counts() : SwarmCounts{};
}

void Shard::foresee(Tag tag, Foresight step) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock) swarms_.foresee(tag, step);
}

Shard::Progress Shard::sweep(Instant now, std::size_t budget) {
  const std::lock_guard lock(mutex_);
  advance(now);

  if (pass_.is_over) {
    if (latest_ - pass_.begun < kPassPeriod) return {};
    begin_pass();
  }
  const std::size_t visited = continue_pass(budget);
  return {visited, pass_.is_over};
}

std::size_t Shard::bytes() {
  const std::lock_guard lock(mutex_);
  return sizeof *this + swarms_.bytes() + swarms_bytes_;
}

Shard::Copied Shard::copy(Instant now, Cursor cursor, std::size_t budget, RecordWriter& into) {
  const std::lock_guard lock(mutex_);
  const Tick tick = advance(now);

  std::size_t visited = 0;
  for (; cursor.swarm < swarms_.end() && visited < budget; ++visited) {
    const Swarm* swarm = swarms_.at(cursor.swarm);
    Swarm::Step step;
    if (swarm) step = swarm->copy(cursor.place, budget - visited, tick, commons_.hash_of, into);
    visited += step.visited;
    cursor = !swarm || step.is_last ? Cursor{cursor.swarm + 1, {}} : Cursor{cursor.swarm, step.next};
  }
  return {visited, cursor.swarm >= swarms_.end(), cursor};
}

void Shard::restore(Instant now, const SwarmRecord& record, Tag tag, const Aging& aging) {
  const std::lock_guard lock(mutex_);
  advance(now);

  Swarm* swarm = restore_peers(swarms_.find(record.info_hash, tag), now, record, tag, aging);
  if (record.tail.downloaded == 0) return;
  SwarmTail tail = record.tail;
  tail.idle_passes += static_cast<unsigned>(aging.downtime() / kPassPeriod);
  if (!swarm && tail.idle_passes <= kPassesPerLifetime && commons_.swarms.take())
    swarm = &swarms_.insert(record.info_hash, tag);
  if (swarm) swarm->restore(tail);
}

Swarm* Shard::restore_peers(Swarm* swarm, Instant now, const SwarmRecord& record, Tag tag, const Aging& aging) {
  for (std::size_t n = 0; n < record.size(); ++n) {
    const PeerRecord peer = record.peer(n);
    const TickCount age = aging.age(peer.mark.age);
    if (age > kLifetimeTicks || (swarm && swarm->knows(peer.address, commons_.hash_of)) || !take_room(swarm)) continue;
    if (!swarm) swarm = &swarms_.insert(record.info_hash, tag);
    swarm->restore(peer, Tick(commons_.clock.get().ticks(now) - age), commons_.hash_of);
  }
  return swarm;
}

// Ticks in entries tell apart ages of up to 4 lifetimes. When everyone is over anyway nothing is left to be told apart.
// Short of that, no entry is older than 2 lifetimes at the last call (1 since a pass began, 1 before it), hence 4 now.
// A working server comes to neither: its workers call sweep(). It is for one that was stopped for minutes.
Tick Shard::advance(Instant now) {
  const TickCount before = std::exchange(latest_, std::max(latest_, commons_.clock.get().ticks(now)));
  if (latest_ - before > 2 * kLifetimeTicks) {
    clear();
  } else if (latest_ - all_seen_ > kLifetimeTicks) {
    begin_pass();
    continue_pass(std::numeric_limits<std::size_t>::max());
  }
  return Tick(latest_);
}

bool Shard::take_room(const Swarm* swarm) {
  if (swarm && swarm->size() >= commons_.limits.get().peers_per_swarm) {
    commons_.refused_by_full_swarms.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (!commons_.peers.take()) return false;
  if (swarm || commons_.swarms.take()) return true;
  commons_.peers.give_back(1);
  return false;
}

bool Shard::is_crowded(const Swarm* swarm, const SocketAddress& newcomer, Random& random) const {
  const StoreLimits& limits = commons_.limits.get();
  const std::size_t most = limits.peers_per_address;
  if (!swarm || swarm->size() < most || swarm->neighbours(newcomer, random) < most) return false;
  const auto holds = [&](const AddressPrefix& prefix) { return prefix.contains(newcomer.ip); };
  if (std::ranges::any_of(limits.exempt, holds)) return false;
  commons_.refused_by_address.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Shard::begin_pass() { pass_ = {latest_, false, 0, {}, 0}; }

std::size_t Shard::continue_pass(std::size_t budget) {
  std::size_t visited = 0;
  while (pass_.swarm < swarms_.end() && visited < budget) {
    if (Swarm* swarm = swarms_.at(pass_.swarm)) {
      visited += sweep_swarm(*swarm, budget - visited);
    } else {
      turn_to_next_swarm();
    }
    ++visited;
  }
  if (pass_.swarm >= swarms_.end()) {
    pass_.is_over = true;
    all_seen_ = pass_.begun;
    swarms_bytes_ = pass_.bytes;
  }
  return visited;
}

std::size_t Shard::sweep_swarm(Swarm& swarm, std::size_t budget) {
  const Swarm::Step step = swarm.sweep(pass_.place, budget, Tick(latest_), commons_.hash_of);
  commons_.peers.give_back(step.removed);
  pass_.place = step.next;
  if (step.is_last) {
    pass_.bytes += swarm.bytes();
    turn_to_next_swarm();
    if (swarm.size() == 0) erase_if_idle(swarm);
  }
  return step.visited;
}

void Shard::turn_to_next_swarm() {
  ++pass_.swarm;
  pass_.place = {};
}

// A swarm without peers is kept for its `downloaded`: for as many passes as begin in a lifetime.
void Shard::erase_if_idle(Swarm& swarm) {
  swarm.count_idle_pass();
  if (swarm.counts().downloaded != 0 && swarm.idle_passes() <= kPassesPerLifetime) return;
  const InfoHash info_hash = swarm.info_hash();
  erase(info_hash, tag_of(siphash(commons_.key, info_hash.bytes)));
}

void Shard::erase(const InfoHash& swarm, Tag tag) {
  swarms_.erase(swarm, tag);
  commons_.swarms.give_back(1);
}

void Shard::clear() {
  for (SwarmTable::Number number = 0; number < swarms_.end(); ++number) {
    const Swarm* swarm = swarms_.at(number);
    if (!swarm) continue;
    commons_.peers.give_back(swarm->size());
    commons_.swarms.give_back(1);
  }
  swarms_ = SwarmTable(commons_.slabs);
  pass_ = {.begun = latest_, .is_over = true, .swarm = 0, .place = {}, .bytes = 0};
  swarms_bytes_ = 0;
  all_seen_ = latest_;
}

}  // namespace torq::swarm
