// SPDX-License-Identifier: MIT
#pragma once
// When a peer was last seen, in 14 bits. A store counts time in ticks of a four-thousandth of the peers' lifetime, and
// an entry keeps the low bits of its last tick. That is enough to tell ages of up to four lifetimes apart; whoever
// holds entries must not let one become older (Shard::advance).

#include <algorithm>
#include <cstdint>

#include "torq/base/clock.hpp"

namespace torq::swarm {

/// Ticks since the clock's epoch.
using TickCount = std::int64_t;

inline constexpr TickCount kLifetimeTicks = 4000;

/// The low 14 bits of a TickCount.
class Tick {
 public:
  static constexpr unsigned kBits = 14;

  constexpr explicit Tick(TickCount count) : bits_(static_cast<std::uint16_t>(count & kMask)) {}

  constexpr std::uint16_t bits() const { return bits_; }
  /// Whether the lifetime of a peer that was last seen at this tick is over at `now`.
  constexpr bool is_over(Tick now) const { return age(now) > kLifetimeTicks; }
  /// In ticks.
  constexpr unsigned age(Tick now) const { return static_cast<unsigned>((now.bits_ - bits_) & kMask); }

 private:
  static constexpr int kMask = (1 << kBits) - 1;
  std::uint16_t bits_;
};

/// Turns instants into ticks. A lifetime never ends early, and late by at most one tick.
class PeerClock {
 public:
  explicit PeerClock(Duration lifetime) : PeerClock(lifetime, {}, 0) {}

  /// Goes on from where `before` is, at another pace: what is left of the lifetimes under way becomes longer or shorter
  /// in proportion.
  static PeerClock following(const PeerClock& before, Instant now, Duration lifetime) {
    return {lifetime, now, before.ticks(now)};
  }

  /// Never less than where it began.
  TickCount ticks(Instant now) const { return first_ + std::max(now - begun_, Duration::zero()) / tick_; }
  Duration tick() const { return tick_; }

 private:
  PeerClock(Duration lifetime, Instant begun, TickCount first)
      : tick_((lifetime + Duration(kLifetimeTicks - 1)) / kLifetimeTicks), begun_(begun), first_(first) {}

  Duration tick_;
  Instant begun_;
  TickCount first_;
};

}  // namespace torq::swarm
