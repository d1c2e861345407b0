// SPDX-License-Identifier: MIT
#pragma once
// Who is in which swarm: what the rules of announce and scrape (tracker.hpp) ask of a store. The stores are in swarm/;
// the comments here are their specification, and tests/contract holds every store against them. A store knows nothing
// of doors, requests or trust: whoever calls has decided that the peer may be there.
//
// Threads: every function may be called from any thread at any time. Random belongs to the caller's thread.
//
// Time: `now` is passed in. Threads read their clocks at slightly different times, so `now` may step back a little from
// call to call; a store then goes on with the latest time it has seen.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/info_hash.hpp"
#include "torq/base/random.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::tracker {

/// A seeder has everything that its torrent holds; whoever lacks a byte is a leecher.
enum class Role : std::uint8_t { kSeeder, kLeecher };

/// A number of seeders and a number of leechers.
struct RoleCounts {
  std::size_t seeders = 0;
  std::size_t leechers = 0;

  bool operator==(const RoleCounts&) const = default;
};

/// How a reply of `wanted` peers is shared between the roles when so many are `available` (the asker not among them). A
/// leecher gets half seeders, half leechers, an odd place going to a seeder, and places that one side cannot fill from
/// the other. A seeder has no use for seeders and gets leechers only. Stores call this, so that the rule is one.
RoleCounts share_places(std::size_t wanted, Role asker, RoleCounts available);

/// One peer's sign of life, and the peers it would like to hear of.
struct Visit {
  InfoHash swarm;
  SocketAddress peer;
  Role role = Role::kLeecher;
  bool completed = false;             ///< it says that it has just become a seeder; only with kSeeder
  std::size_t wanted = 0;             ///< other peers, at most kMaxWanted
  std::optional<Family> family = {};  ///< of those, where only one is of use to it
};

struct VisitReply {
  /// False when a limit of the store kept the peer out; it is then not among the counts.
  bool admitted = true;
  SwarmCounts counts;  ///< after the visit
  std::vector<SocketAddress> peers;
};

class SwarmStore {
 public:
  /// What a store must be able to hand out at once. Rules may allow less.
  static constexpr std::size_t kMaxWanted = 1000;

  SwarmStore() = default;
  SwarmStore(const SwarmStore&) = delete;
  SwarmStore& operator=(const SwarmStore&) = delete;
  virtual ~SwarmStore() = default;

  /// Records that `visit.peer` is in the swarm with this role now, then picks peers for it; one step, so that of two
  /// peers that visit at the same time at least one hears of the other.
  ///
  /// A peer is its address (IP and port): a visit of an address that is there already replaces what was known of it. A
  /// change of role takes effect at once. `counts.downloaded` grows by one on a visit with `completed` unless this peer
  /// has had one before; what is remembered of a peer ends when it leaves or is forgotten.
  ///
  /// Peers: as many of each role as share_places() says, of both address families alike or as if there were only
  /// those of `visit.family`, drawn uniformly at random without repetition from the swarm, never the asker. A peer
  /// whose lifetime is over is never handed out. Fewer than share_places() says are returned only while such peers
  /// still take up room in the store.
  ///
  /// At a limit of the store nothing is pushed out: who is there stays and is refreshed as ever. A new peer of a full
  /// swarm or a full store is not admitted, but is answered like any other. A new swarm that finds no room is not
  /// made: not admitted, zero counts, no peers. Nothing is changed then.
  ///
  /// `recycled` is a vector whose memory the reply may use again; what is in it is dropped.
  virtual VisitReply visit(Instant now, const Visit& visit, Random& random, std::vector<SocketAddress> recycled) = 0;

  /// Removes the peer. The counts are those without it; an unknown peer or swarm is no error and changes nothing.
  virtual SwarmCounts leave(Instant now, const InfoHash& swarm, const SocketAddress& peer) = 0;

  /// These swarms will be visited next: a store may begin to fetch what that needs. Changes nothing.
  virtual void foresee(std::span<const InfoHash> /*swarms*/) {}

  /// All zero for a swarm that is not known. Never creates one.
  virtual SwarmCounts counts(Instant now, const InfoHash& swarm) = 0;

  /// Forgets peers whose lifetime is over, a bounded amount of work per call; true when more is due, so call it again
  /// after serving whoever waits. Workers call it regularly (every 100 ms or so) also when nothing arrives.
  ///
  /// A peer's lifetime begins anew with each visit and is given to the store when it is made. It ends never early and
  /// late by at most a thousandth. Until the peer is removed here it may still be counted (for long at most the store's
  /// sweep period, if calls keep up), but for visit() it is as if it were gone: it is not handed out, and returns as
  /// a new peer.
  ///
  /// `downloaded` is forgotten with the swarm, which lives as long as its peers, and one lifetime more if it is not 0.
  virtual bool expire(Instant now) = 0;
};

}  // namespace torq::tracker
