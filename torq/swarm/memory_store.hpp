// SPDX-License-Identifier: MIT
#pragma once
// The swarm store of one process, in memory. It does what tracker/swarm_store.hpp specifies; this page says at what
// cost. It is not shared between machines; a snapshot of it (snapshot.hpp) can be kept.
//
// Swarms are spread over shards, each with its own mutex, by a keyed hash of the info hash (peers choose info hashes,
// so without a key they could put all of theirs into one shard). Every call locks one shard, for a bounded time: peers
// come, go and expire without a moment in which all of a swarm are touched (ordered_table.hpp). The index of a shard
// alone grows as a whole (swarm_table.hpp).
//
// Room: 64 bytes for a swarm with its first IPv4 peer of each role, 11 to 21 in the index; some 9 for each IPv4 peer of
// a large swarm, 24 for IPv6.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/swarm/limits.hpp"
#include "torq/swarm/siphash.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::swarm {

/// For people and for tests. The sums are of one moment only where nothing else is going on.
struct StoreFigures {
  std::uint64_t swarms = 0;
  std::uint64_t peers = 0;
  std::uint64_t refused_swarms = 0;      ///< visits that found no room for a new swarm, since the start
  std::uint64_t refused_peers = 0;       ///< visits that kept a new peer out, since the start
  std::uint64_t refused_by_all = 0;      ///< of those, because there were too many in all swarms
  std::uint64_t refused_by_swarm = 0;    ///< of those, because there were too many in the swarm
  std::uint64_t refused_by_address = 0;  ///< of those, because there were too many of its address
};

class Shard;
struct Commons;
class SnapshotWriter;
struct SnapshotBlock;
struct SnapshotHeader;

class MemoryStore final : public tracker::SwarmStore {
 public:
  /// `key` must be secret and chosen afresh for each run. `lifetime` is how long a peer that does not visit again is
  /// kept, from 1 second up. The sweep period (see SwarmStore::expire) is a sixteenth of it.
  MemoryStore(const SipKey& key, Duration lifetime, const StoreLimits& limits = {});
  ~MemoryStore() override;

  tracker::VisitReply visit(Instant now, const tracker::Visit& visit, Random& random,
                            std::vector<SocketAddress> recycled) override;
  tracker::SwarmCounts leave(Instant now, const InfoHash& swarm, const SocketAddress& peer) override;
  tracker::SwarmCounts counts(Instant now, const InfoHash& swarm) override;
  void foresee(std::span<const InfoHash> swarms) override;
  bool expire(Instant now) override;

  /// Puts back what a block of a snapshot holds (snapshot.hpp). `downtime` is the time since the header's.
  void restore(Instant now, Duration downtime, const SnapshotHeader& header, SnapshotBlock block);

  /// Newcomers meet these limits from now on; who is there stays. A longer lifetime is given to those who are there,
  /// too; a shorter one to nobody, for they were told when to come again. For one thread, while others use the store.
  void use(Instant now, Duration lifetime, const StoreLimits& limits);

  StoreFigures figures() const;
  /// Memory that swarms and peers take, the latter as of some seconds ago (a sixteenth of their lifetime). Looks at
  /// each shard.
  std::size_t bytes() const;

 private:
  friend SnapshotWriter;
  struct Whereabouts;
  Whereabouts find(const InfoHash& swarm) const;

  const std::unique_ptr<Commons> commons_;
  std::vector<std::unique_ptr<Shard>> shards_;
  Duration lifetime_;
  std::atomic<std::size_t> turn_{0};  // of the shards, to be swept
};

}  // namespace torq::swarm
