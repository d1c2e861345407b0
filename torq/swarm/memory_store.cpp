// SPDX-License-Identifier: MIT
#include "torq/swarm/memory_store.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "torq/swarm/shard.hpp"

namespace torq::swarm {
namespace {

constexpr std::size_t kShards = 256;
// Entries looked at or moved per call of expire(): some ten microseconds, for which one shard is locked.
constexpr std::size_t kSweepBudget = 1000;
constexpr std::size_t kForeseen = 32;

}  // namespace

struct MemoryStore::Whereabouts {
  Shard& shard;
  Shard::Tag tag;
};

MemoryStore::MemoryStore(const SipKey& key, Duration lifetime, const StoreLimits& limits)
    : commons_(std::make_unique<Commons>(key, lifetime, limits)), lifetime_(lifetime) {
  assert(lifetime >= std::chrono::seconds(1));
  for (std::size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>(*commons_));
}

MemoryStore::~MemoryStore() = default;

MemoryStore::Whereabouts MemoryStore::find(const InfoHash& swarm) const {
  const std::uint64_t hash = siphash(commons_->key, swarm.bytes);
  return {*shards_[hash >> 56], Shard::tag_of(hash)};
}

tracker::VisitReply MemoryStore::visit(Instant now, const tracker::Visit& visit, Random& random,
                                       std::vector<SocketAddress> recycled) {
  assert(visit.wanted <= kMaxWanted);
  const auto [shard, tag] = find(visit.swarm);
  return shard.visit(now, visit, tag, random, std::move(recycled));
}

tracker::SwarmCounts MemoryStore::leave(Instant now, const InfoHash& swarm, const SocketAddress& peer) {
  const auto [shard, tag] = find(swarm);
  return shard.leave(now, swarm, tag, peer);
}

tracker::SwarmCounts MemoryStore::counts(Instant now, const InfoHash& swarm) {
  const auto [shard, tag] = find(swarm);
  return shard.counts(now, swarm, tag);
}

// First the indices, then the swarms, each for all: so the waits for memory overlap.
void MemoryStore::foresee(std::span<const InfoHash> swarms) {
  std::array<std::uint64_t, kForeseen> hashes;
  const std::size_t count = std::min(swarms.size(), kForeseen);
  for (std::size_t i = 0; i < count; ++i) {
    hashes[i] = siphash(commons_->key, swarms[i].bytes);
    shards_[hashes[i] >> 56]->foresee_index(Shard::tag_of(hashes[i]));
  }
  for (std::size_t i = 0; i < count; ++i) shards_[hashes[i] >> 56]->foresee(Shard::tag_of(hashes[i]));
}

bool MemoryStore::expire(Instant now) {
  std::size_t budget = kSweepBudget;
  for (std::size_t tried = 0; tried < kShards; ++tried) {
    std::size_t turn = turn_.load(std::memory_order_relaxed);
    const Shard::Progress progress = shards_[turn % kShards]->sweep(now, budget);
    if (!progress.is_over) return true;
    turn_.compare_exchange_strong(turn, turn + 1, std::memory_order_relaxed);
    if (progress.visited >= budget) return true;
    budget -= progress.visited;
  }
  return false;
}

void MemoryStore::restore(Instant now, Duration downtime, const SnapshotHeader& header, SnapshotBlock block) {
  // Absurd times of a file must not overflow; peers are over long before.
  constexpr Duration kLongest = std::chrono::hours(24 * 365);
  const Duration since = std::clamp(downtime - block.elapsed, Duration::zero(), kLongest);
  const Aging aging(header.tick, since, commons_->clock.get().tick());
  while (!block.records.empty()) {
    const SwarmRecord record = block.take_record();
    const auto [shard, tag] = find(record.info_hash);
    shard.restore(now, record, tag, aging);
  }
}

StoreFigures MemoryStore::figures() const {
  const std::uint64_t by_address = commons_->refused_by_address.load(std::memory_order_relaxed);
  const std::uint64_t by_full_swarms = commons_->refused_by_full_swarms.load(std::memory_order_relaxed);
  return {.swarms = commons_->swarms.taken(),
          .peers = commons_->peers.taken(),
          .refused_swarms = commons_->swarms.refused(),
          .refused_peers = commons_->peers.refused() + by_full_swarms + by_address,
          .refused_by_all = commons_->peers.refused(),
          .refused_by_swarm = by_full_swarms,
          .refused_by_address = by_address};
}

void MemoryStore::use(Instant now, Duration lifetime, const StoreLimits& limits) {
  commons_->limits.replace(limits);
  commons_->swarms.set_limit(limits.swarms);
  commons_->peers.set_limit(limits.peers);
  if (lifetime > lifetime_) commons_->clock.replace(PeerClock::following(commons_->clock.get(), now, lifetime));
  lifetime_ = std::max(lifetime_, lifetime);
}

std::size_t MemoryStore::bytes() const {
  std::size_t sum = 0;
  for (const auto& shard : shards_) sum += shard->bytes();
  return sum;
}

}  // namespace torq::swarm
