// SPDX-License-Identifier: MIT
#pragma once
// Who among the newcomers gets a connection, who has to prove the address first (Retry), who is turned away. It counts
// connections, handshakes under way and handshakes begun, in all and per address prefix.
//
// The threat: a source address can be spoofed until a token or the handshake proves it. So what unproven newcomers do
// is counted apart, and a full count of theirs asks the next one for proof instead of turning it away: who spoofs a
// victim's address costs the victim a round trip, not the service. Half-open connections that were begun without proof
// are bounded by Limits::half_open in all, those with it by the prefix's limits.

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>

#include "torq/base/clock.hpp"
#include "torq/quic/counts.hpp"
#include "torq/quic/limits.hpp"

namespace torq::quic {

class Admission {
 public:
  /// `limits` must outlive this; `key` hides which addresses collide in the table.
  Admission(const Limits& limits, std::uint64_t key) : limits_(limits), prefixes_(0, PrefixHash{key}) {}

  struct Welcome {};
  struct AskToRetry {};
  using Verdict = std::variant<Welcome, AskToRetry, Refusal>;
  /// What to do with a newcomer; `proven`: it brought a token for its address. Limits that it meets are noted.
  Verdict judge(Instant now, const IpAddress& from, bool proven, Counts& counts);

  /// A connection's place in the counts, from its first datagram to its end.
  struct Place {
    AddressPrefix prefix;
    bool exempt = false;
    bool proven = false;
    bool half_open = true;
  };
  Place enter(Instant now, const IpAddress& from, bool proven);
  /// The handshake is complete, which proves the address.
  void establish(Place& place);
  void leave(const Place& place);

  std::size_t half_open() const { return half_open_; }
  /// Address prefixes of which something is known.
  std::size_t prefixes() const { return prefixes_.size(); }

 private:
  struct Tally {
    std::size_t connections = 0;
    std::size_t half_open = 0;
    std::size_t begun = 0;  // in the second that began at `since`
    Instant since{};
  };
  using Prefix = std::array<Tally, 2>;  // [proven]

  struct PrefixHash {
    std::uint64_t key;
    std::size_t operator()(const AddressPrefix& prefix) const;
  };

  bool is_exempt(const IpAddress& from) const;
  std::optional<std::pair<LimitHit, Refusal>> reached(Instant now, const Tally& tally) const;
  void forget_idle(Instant now);

  const Limits& limits_;
  std::unordered_map<AddressPrefix, Prefix, PrefixHash> prefixes_;
  std::size_t half_open_ = 0;
  std::size_t forget_at_ = 1024;
};

}  // namespace torq::quic
