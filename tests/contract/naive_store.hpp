// SPDX-License-Identifier: MIT
#pragma once
// A swarm store that is easy to believe: one lock, ordered maps, everything looked at each time. It is what fast stores
// are compared with, and it shows that the contract can be met in more than one way. Forgets to the nanosecond.

#include <map>
#include <mutex>
#include <vector>

#include "torq/swarm/limits.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::contract {

class NaiveStore final : public tracker::SwarmStore {
 public:
  NaiveStore(Duration lifetime, const swarm::StoreLimits& limits) : lifetime_(lifetime), limits_(limits) {}

  tracker::VisitReply visit(Instant now, const tracker::Visit& visit, Random& random,
                            std::vector<SocketAddress> recycled) override;
  tracker::SwarmCounts leave(Instant now, const InfoHash& swarm, const SocketAddress& peer) override;
  tracker::SwarmCounts counts(Instant now, const InfoHash& swarm) override;
  bool expire(Instant now) override;

  /// Whether the peer may be handed out.
  bool is_there(const InfoHash& swarm, const SocketAddress& peer) const;

 private:
  struct Peer {
    tracker::Role role;
    bool has_completed;
    Instant seen;
  };
  struct Swarm {
    std::map<SocketAddress, Peer> peers;
    std::uint64_t downloaded = 0;
    Instant empty_since{};  // if it is empty

    tracker::SwarmCounts counts() const;
  };

  void advance(Instant now);
  bool has_room(const InfoHash& swarm) const;
  bool is_over(const Peer& peer) const { return now_ - peer.seen > lifetime_; }
  std::vector<SocketAddress> pick(const Swarm& swarm, const tracker::Visit& visit, Random& random) const;

  const Duration lifetime_;
  const swarm::StoreLimits limits_;
  mutable std::mutex mutex_;
  Instant now_{};
  std::map<InfoHash, Swarm> swarms_;
};

}  // namespace torq::contract
