// SPDX-License-Identifier: MIT
#include "torq/quic/admission.hpp"

#include <algorithm>

#include "torq/quic/connection_id.hpp"

namespace torq::quic {
namespace {

constexpr std::chrono::seconds kRatePeriod{1};

}  // namespace

std::size_t Admission::PrefixHash::operator()(const AddressPrefix& prefix) const {
  return ConnectionIdHash{key}(ConnectionId(prefix.base.bytes()));
}

bool Admission::is_exempt(const IpAddress& from) const {
  return std::ranges::any_of(limits_.exempt, [&](const AddressPrefix& prefix) { return prefix.contains(from); });
}

std::optional<std::pair<LimitHit, Refusal>> Admission::reached(Instant now, const Tally& tally) const {
  const PrefixLimits& most = limits_.per_prefix;
  if (tally.connections >= most.connections) {
    return std::pair(LimitHit::kConnectionsPerPrefix, Refusal::kConnectionsPerPrefix);
  }
  if (tally.half_open >= most.half_open) return std::pair(LimitHit::kHalfOpenPerPrefix, Refusal::kHalfOpenPerPrefix);
  if (now - tally.since < kRatePeriod && tally.begun >= most.handshakes_per_second) {
    return std::pair(LimitHit::kHandshakesPerPrefix, Refusal::kHandshakesPerPrefix);
  }
  return std::nullopt;
}

Admission::Verdict Admission::judge(Instant now, const IpAddress& from, bool proven, Counts& counts) {
  const bool may_ask = !proven && limits_.retry != RetryPolicy::kNever;
  if (!proven && limits_.retry == RetryPolicy::kAlways) return AskToRetry{};
  if (!proven && half_open_ >= limits_.half_open) {
    counts.limits_hit.add(LimitHit::kHalfOpen);
    if (may_ask) return AskToRetry{};
  }
  const auto known = prefixes_.find(customer_of(from));
  if (known == prefixes_.end() || is_exempt(from)) return Welcome{};
  auto limit = reached(now, known->second[1]);
  if (!limit && !proven) limit = reached(now, known->second[0]);
  if (!limit) return Welcome{};
  counts.limits_hit.add(limit->first);
  if (may_ask) return AskToRetry{};
  return limit->second;
}

Admission::Place Admission::enter(Instant now, const IpAddress& from, bool proven) {
  Place place{customer_of(from), is_exempt(from), proven, true};
  ++half_open_;
  if (place.exempt) return place;
  forget_idle(now);
  Tally& tally = prefixes_[place.prefix][proven ? 1 : 0];
  ++tally.connections;
  ++tally.half_open;
  if (now - tally.since >= kRatePeriod) {
    tally.since = now;
    tally.begun = 0;
  }
  ++tally.begun;
  return place;
}

void Admission::establish(Place& place) {
  if (!place.half_open) return;
  place.half_open = false;
  --half_open_;
  if (!place.exempt) {
    Prefix& prefix = prefixes_[place.prefix];
    Tally& before = prefix[place.proven ? 1 : 0];
    --before.half_open;
    --before.connections;
    ++prefix[1].connections;
  }
  place.proven = true;
}

void Admission::leave(const Place& place) {
  if (place.half_open) --half_open_;
  if (place.exempt) return;
  Tally& tally = prefixes_[place.prefix][place.proven ? 1 : 0];
  --tally.connections;
  if (place.half_open) --tally.half_open;
}

// Prefixes without a connection are remembered for the second that their rate is measured in; so there are at most as
// many as connections, and those that began and ended within a second. Looked for when the table has doubled.
void Admission::forget_idle(Instant now) {
  if (prefixes_.size() < forget_at_) return;
  std::erase_if(prefixes_, [&](const auto& entry) {
    return std::ranges::all_of(
        entry.second, [&](const Tally& tally) { return tally.connections == 0 && now - tally.since >= kRatePeriod; });
  });
  forget_at_ = std::max<std::size_t>(1024, 2 * prefixes_.size());
}

}  // namespace torq::quic
