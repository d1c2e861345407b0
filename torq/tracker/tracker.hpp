// SPDX-License-Identifier: MIT
#pragma once
// The rules of announce and scrape, the same for every door: which address a peer is known by, what its request does to
// the swarm, how many peers it hears of. It is not a store (swarm_store.hpp), knows no encoding, and does not decide
// who may use the tracker.
//
// Threads: one Tracker serves all workers at once; Random belongs to the caller's thread.
//
// Specification: BEP 3, BEP 48, and docs/wire.md.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/info_hash.hpp"
#include "torq/base/random.hpp"
#include "torq/base/replaceable.hpp"
#include "torq/tracker/announce.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::tracker {

struct TrackerRules {
  std::chrono::seconds interval{60};  ///< between two announces of a peer
  std::chrono::seconds grace{30};     ///< for a peer that is late
  std::size_t default_numwant = 50;
  std::size_t max_numwant = 200;  ///< at most SwarmStore::kMaxWanted
  /// Sources besides loopback and private ones that may name another address than their own.
  std::vector<IpAddress> trusted_proxies;

  /// How long a peer that says nothing more stays in its swarm; one announce may be lost. Stores are made with it.
  std::chrono::seconds peer_lifetime() const { return 2 * interval + grace; }
};

class Tracker {
 public:
  /// `store` outlives the tracker.
  Tracker(SwarmStore& store, TrackerRules rules);

  /// The asker is registered first, then answered. It is counted in its own reply (unless it stopped), also when the
  /// store had no room for it, and is never among its own peers. `source` is the address that the request came from,
  /// or, behind a proxy that the door trusts, the one that the proxy vouches for.
  /// `recycled` is a vector whose memory the reply may use again (the peers of an earlier reply).
  AnnounceReply announce(Instant now, const Announce& announce, const IpAddress& source, Random& random,
                         std::vector<SocketAddress> recycled = {}) const;

  /// Zeros for a swarm that nobody is in.
  SwarmCounts scrape(Instant now, const InfoHash& swarm) const;

  /// Announces to these swarms follow.
  void foresee(std::span<const InfoHash> swarms) const { store_.foresee(swarms); }

  /// Good as long as the tracker, however often they are replaced.
  const TrackerRules& rules() const { return rules_.get(); }
  /// Answers from now on follow these. From one thread. Whether the store keeps peers for their lifetime is its owner's
  /// business.
  void use(TrackerRules rules) { rules_.replace(std::move(rules)); }

 private:
  IpAddress address_of(const Announce& announce, const IpAddress& source) const;
  bool may_name_another(const IpAddress& source) const;
  std::size_t places_for(std::optional<std::int64_t> numwant) const;

  SwarmStore& store_;
  Replaceable<TrackerRules> rules_;
};

}  // namespace torq::tracker
