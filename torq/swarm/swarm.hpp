// SPDX-License-Identifier: MIT
#pragma once
// One swarm: its peers by role and address family, and its scrape figures. In a cache line, one peer included.
// Threads: one at a time (the shard's mutex).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/info_hash.hpp"
#include "torq/base/random.hpp"
#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/peer_hash.hpp"
#include "torq/swarm/peer_set.hpp"
#include "torq/swarm/snapshot_format.hpp"
#include "torq/swarm/sweep.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::swarm {

class Swarm {
 public:
  /// A place in a pass over the peers of a swarm.
  struct Cursor {
    unsigned set = 0;
    SweepCursor place;
  };
  struct Step {
    std::size_t visited = 0;
    std::size_t removed = 0;
    bool is_last = false;
    Cursor next;
  };

  Swarm() = default;
  explicit Swarm(const InfoHash& info_hash) : info_hash_(info_hash) {}

  const InfoHash& info_hash() const { return info_hash_; }
  /// Everyone who takes up room, also peers whose lifetime is over.
  std::size_t size() const;
  tracker::SwarmCounts counts() const;
  /// Beyond its own size.
  std::size_t bytes() const;

  /// Brings the beginning of what it holds of peers into the cache.
  void foresee() const {
    v4_.seeders.foresee();
    v4_.leechers.foresee();
  }

  /// Records the visit of a peer that takes up room already; false (and nothing happens) when it does not.
  bool refresh(const tracker::Visit& visit, Tick now, const PeerHash& hash_of);
  /// Records the first visit of a peer.
  void add(const tracker::Visit& visit, Tick now, const PeerHash& hash_of);
  /// False when the peer was not there.
  bool remove(const SocketAddress& peer, const PeerHash& hash_of);

  /// How many peers there are of this address, about; see PeerSet::neighbours.
  std::size_t neighbours(const SocketAddress& peer, Random& random) const;

  /// The peers that the visitor, who `is_here` or not, is to hear of. `into` is emptied first.
  std::vector<SocketAddress> pick(const tracker::Visit& visit, bool is_here, Tick now, Random& random,
                                  std::vector<SocketAddress> into) const;

  /// Removes peers whose lifetime is over, looking at about `budget`.
  Step sweep(Cursor cursor, std::size_t budget, Tick now, const PeerHash& hash_of);

  /// Writes down peers whose lifetime is not over, looking at about `budget`. What changes between two steps may be
  /// written as it was or as it is; a peer that has become a seeder meanwhile, twice.
  Step copy(Cursor cursor, std::size_t budget, Tick now, const PeerHash& hash_of, RecordWriter& into) const;
  bool knows(const SocketAddress& peer, const PeerHash& hash_of);
  /// Puts back a peer that is not known, last seen at `then`; its `completed` was counted before.
  void restore(const PeerRecord& peer, Tick then, const PeerHash& hash_of);
  void restore(SwarmTail tail);

  /// How many passes in a row have found nobody here. The caller counts, to know when `downloaded` may be forgotten.
  unsigned idle_passes() const { return idle_passes_; }
  void count_idle_pass() {
    if (idle_passes_ < kMaxIdlePasses) ++idle_passes_;
  }

 private:
  static constexpr unsigned kDownloadedBits = 26, kIdlePassesBits = 6;
  static constexpr unsigned kMaxDownloaded = (1u << kDownloadedBits) - 1, kMaxIdlePasses = (1u << kIdlePassesBits) - 1;

  template <class Entry>
  struct Roles {
    PeerSet<Entry> seeders;
    PeerSet<Entry> leechers;

    std::size_t bytes() const { return seeders.bytes() + leechers.bytes(); }
    PeerSet<Entry>& of(tracker::Role role) { return role == tracker::Role::kSeeder ? seeders : leechers; }
    PeerSet<Entry>& besides(tracker::Role role) { return role == tracker::Role::kSeeder ? leechers : seeders; }
  };

  template <class Entry>
  bool refresh_in(Roles<Entry>& roles, const tracker::Visit& visit, Tick now, const PeerHash& hash_of);
  template <class Entry>
  static bool remove_from(Roles<Entry>& roles, const Entry& peer, const PeerHash& hash_of);
  void count_completed();

  InfoHash info_hash_;
  unsigned downloaded_ : kDownloadedBits = 0;  // stops at its maximum
  unsigned idle_passes_ : kIdlePassesBits = 0;
  Roles<V4Entry> v4_;
  std::unique_ptr<Roles<V6Entry>> v6_;  // null while there has been none
};

static_assert(sizeof(Swarm) == 64);

}  // namespace torq::swarm
