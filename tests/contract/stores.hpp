// SPDX-License-Identifier: MIT
#pragma once
// The stores that are held against the contract, and verbs to do so with: peers visit and leave, time passes. Add a
// store to all_stores() and every suite runs on it.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "torq/swarm/limits.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::tracker {

inline std::ostream& operator<<(std::ostream& out, const SwarmCounts& counts) {
  return out << counts.complete << " complete, " << counts.downloaded << " downloaded, " << counts.incomplete
             << " incomplete";
}

}  // namespace torq::tracker

namespace torq::contract {

using tracker::Role;
using tracker::SwarmCounts;
using tracker::SwarmStore;
using tracker::Visit;
using tracker::VisitReply;

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<SwarmStore>(Duration lifetime, const swarm::StoreLimits&)> make;
};

inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

std::vector<StoreKind> all_stores();

inline std::string name_of(const testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

inline constexpr Duration kLifetime = std::chrono::seconds(150);
/// Between two rounds of expire() by workers: short against any store's sweep period.
inline constexpr Duration kRound = kLifetime / 64;

/// Different for every number. IPv4 and IPv6 peers of the same number are strangers.
SocketAddress v4_peer(std::size_t number);
SocketAddress v6_peer(std::size_t number);
InfoHash swarm_number(std::size_t number);

class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  StoreTest() { limit({}); }

  /// Starts anew, with an empty store.
  void limit(const swarm::StoreLimits& limits) { store_ = GetParam().make(kLifetime, limits); }

  VisitReply seeder(const SocketAddress& peer, std::size_t wanted = 50) {
    return visit({.swarm = swarm_, .peer = peer, .role = Role::kSeeder, .completed = false, .wanted = wanted});
  }
  VisitReply leecher(const SocketAddress& peer, std::size_t wanted = 50) {
    return visit({.swarm = swarm_, .peer = peer, .role = Role::kLeecher, .completed = false, .wanted = wanted});
  }
  VisitReply completed(const SocketAddress& peer, std::size_t wanted = 50) {
    return visit({.swarm = swarm_, .peer = peer, .role = Role::kSeeder, .completed = true, .wanted = wanted});
  }
  VisitReply visit(const Visit& visit) { return store_->visit(now_, visit, random_, {}); }
  SwarmCounts leave(const SocketAddress& peer) { return store_->leave(now_, swarm_, peer); }
  SwarmCounts counts() { return store_->counts(now_, swarm_); }

  /// Time passes without a call.
  void pass(Duration time) { now_ += time; }
  /// Time passes in which workers call expire() as they should.
  void pass_with_workers(Duration time);
  /// Until expire() has nothing more to do.
  void expire();

  InfoHash swarm_ = swarm_number(1);
  Instant now_{std::chrono::hours(1000)};
  Random random_{1};
  std::unique_ptr<SwarmStore> store_;
};

}  // namespace torq::contract
