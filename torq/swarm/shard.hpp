// SPDX-License-Identifier: MIT
#pragma once
// The swarms that share a mutex: one of the parts of a MemoryStore, which says what the functions do. Expired peers are
// searched for in passes; a pass looks at every entry once, in steps.
//
// Threads: any; every public function takes the mutex.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/base/prefetch.hpp"
#include "torq/base/replaceable.hpp"
#include "torq/swarm/limits.hpp"
#include "torq/swarm/peer_clock.hpp"
#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/peer_hash.hpp"
#include "torq/swarm/quota.hpp"
#include "torq/swarm/siphash.hpp"
#include "torq/swarm/swarm_table.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::swarm {

/// What all shards of a store share.
struct Commons {
  Commons(const SipKey& secret, Duration lifetime, const StoreLimits& bounds)
      : key(secret),
        hash_of(secret),
        clock(PeerClock(lifetime)),
        limits(bounds),
        swarms(bounds.swarms),
        peers(bounds.peers) {}

  SlabSource slabs{SwarmTable::kBlockSize};
  SipKey key;
  PeerHash hash_of;
  Replaceable<PeerClock> clock;
  Replaceable<StoreLimits> limits;
  Quota swarms;
  Quota peers;
  std::atomic<std::size_t> refused_by_full_swarms{0};
  std::atomic<std::size_t> refused_by_address{0};
};

/// How ages of a snapshot become ages of now.
class Aging {
 public:
  Aging(Duration unit, Duration downtime, Duration tick) : unit_(unit), downtime_(downtime), tick_(tick) {}

  /// In ticks of now; a little less than it may be, never more (a lifetime must not end early). The age that was
  /// counted is true to a unit.
  TickCount age(unsigned age) const {
    return (unit_ * std::max(static_cast<std::int64_t>(age) - 1, std::int64_t{0}) + downtime_) / tick_;
  }
  TickCount downtime() const { return downtime_ / tick_; }

 private:
  Duration unit_;
  Duration downtime_;
  Duration tick_;
};

class Shard {
 public:
  using Tag = SwarmTable::Tag;

  struct Progress {
    std::size_t visited = 0;  ///< 0 when no pass was due
    bool is_over = true;      ///< no pass under way
  };

  /// A place in a copy.
  struct Cursor {
    SwarmTable::Number swarm = 0;
    Swarm::Cursor place;
  };
  struct Copied {
    std::size_t visited = 0;
    bool is_over = false;
    Cursor next;
  };

  static Tag tag_of(std::uint64_t hash) { return static_cast<Tag>(hash); }

  /// `commons` outlives the shard.
  explicit Shard(Commons& commons) : commons_(commons), swarms_(commons.slabs) {}

  // `tag` is that of the info hash: the caller has computed the hash already, to find the shard.
  tracker::VisitReply visit(Instant now, const tracker::Visit& visit, Tag tag, Random& random,
                            std::vector<SocketAddress> recycled);
  tracker::SwarmCounts leave(Instant now, const InfoHash& swarm, Tag tag, const SocketAddress& peer);
  tracker::SwarmCounts counts(Instant now, const InfoHash& swarm, Tag tag);

  /// Brings itself into the cache.
  void foresee() const {
    constexpr std::size_t kLine = 64;
    for (std::size_t at = 0; at < sizeof *this; at += kLine) prefetch(reinterpret_cast<const std::byte*>(this) + at);
  }
  /// See SwarmTable. Nobody waits for the mutex here.
  void foresee(Tag tag, Foresight step);

  /// Goes on with the pass, or begins one when it is time; looks at about `budget` entries.
  Progress sweep(Instant now, std::size_t budget);

  /// Memory that it holds. What is held for peers is as of the last pass: to keep account of each would cost the
  /// visits.
  std::size_t bytes();

  /// Writes down about `budget` swarms and peers.
  Copied copy(Instant now, Cursor cursor, std::size_t budget, RecordWriter& into);
  void restore(Instant now, const SwarmRecord& record, Tag tag, const Aging& aging);

 private:
  struct Pass {
    TickCount begun = 0;
    bool is_over = true;
    SwarmTable::Number swarm = 0;
    Swarm::Cursor place;
    std::size_t bytes = 0;  // of the swarms that it is through with
  };

  Tick advance(Instant now);
  bool take_room(const Swarm* swarm);
  bool is_crowded(const Swarm* swarm, const SocketAddress& newcomer, Random& random) const;
  Swarm* restore_peers(Swarm* swarm, Instant now, const SwarmRecord& record, Tag tag, const Aging& aging);
  void begin_pass();
  std::size_t continue_pass(std::size_t budget);
  std::size_t sweep_swarm(Swarm& swarm, std::size_t budget);
  void turn_to_next_swarm();
  void erase_if_idle(Swarm& swarm);
  void erase(const InfoHash& swarm, Tag tag);
  void clear();

  Commons& commons_;
  std::mutex mutex_;
  SwarmTable swarms_;
  TickCount latest_ = 0;
  TickCount all_seen_ = 0;  // no entry's tick is more than a lifetime before this
  Pass pass_;
  std::size_t swarms_bytes_ = 0;  // beyond what is in the table, at the end of the last pass
};

}  // namespace torq::swarm
