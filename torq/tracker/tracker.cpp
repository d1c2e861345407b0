// SPDX-License-Identifier: MIT
#include "torq/tracker/tracker.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace torq::tracker {
namespace {

Role role_of(const Announce& announce) { return announce.left == 0 ? Role::kSeeder : Role::kLeecher; }

AnnounceReply reply_with(std::chrono::seconds interval, const SwarmCounts& counts, std::vector<SocketAddress> peers) {
  return {interval, counts.complete, counts.incomplete, std::move(peers)};
}

// Multicast and broadcast name many, what begins with 0 or lies in 240.0.0.0/4 nobody (RFC 1122 3.2.1.3, RFC 1112 4,
// RFC 4291 2.7): announced, they would make a whole swarm send there.
bool can_be_a_peer(const IpAddress& ip) {
  const auto first = std::to_integer<unsigned>(ip.bytes()[0]);
  if (ip.family() == Family::kIpv6) return first != 0xff && !ip.is_unspecified();
  return first != 0 && first < 224;
}

}  // namespace

RoleCounts share_places(std::size_t wanted, Role asker, RoleCounts available) {
  if (asker == Role::kSeeder) return {0, std::min(wanted, available.leechers)};
  const std::size_t leechers_share = std::min(wanted / 2, available.leechers);
  const std::size_t seeders = std::min(wanted - leechers_share, available.seeders);
  return {seeders, std::min(wanted - seeders, available.leechers)};
}

Tracker::Tracker(SwarmStore& store, TrackerRules rules) : store_(store), rules_(std::move(rules)) {
  assert(this->rules().max_numwant <= SwarmStore::kMaxWanted);
}

AnnounceReply Tracker::announce(Instant now, const Announce& announce, const IpAddress& source, Random& random,
                                std::vector<SocketAddress> recycled) const {
  const SocketAddress peer{address_of(announce, source), announce.port};
  if (announce.event == AnnounceEvent::kStopped) {
    recycled.clear();
    return reply_with(rules().interval, store_.leave(now, announce.info_hash, peer), std::move(recycled));
  }
  assert(announce.port != 0);

  const Role role = role_of(announce);
  const bool completed = announce.event == AnnounceEvent::kCompleted && role == Role::kSeeder;
  const Visit visit{announce.info_hash, peer, role, completed, places_for(announce.numwant), announce.family};
  VisitReply answer = store_.visit(now, visit, random, std::move(recycled));
  if (!answer.admitted) ++(role == Role::kSeeder ? answer.counts.complete : answer.counts.incomplete);
  AnnounceReply reply = reply_with(rules().interval, answer.counts, std::move(answer.peers));
  reply.listed = answer.admitted;
  return reply;
}

SwarmCounts Tracker::scrape(Instant now, const InfoHash& swarm) const { return store_.counts(now, swarm); }

// A claim is believed only where it can do no harm to strangers: anyone could else have a victim's address handed out
// to a whole swarm (BEP 7).
IpAddress Tracker::address_of(const Announce& announce, const IpAddress& source) const {
  const bool believed = announce.ip && can_be_a_peer(*announce.ip) && may_name_another(source);
  return believed ? *announce.ip : source;
}

bool Tracker::may_name_another(const IpAddress& source) const {
  const auto& proxies = rules().trusted_proxies;
  return source.is_loopback() || source.is_private() || std::ranges::find(proxies, source) != proxies.end();
}

std::size_t Tracker::places_for(std::optional<std::int64_t> numwant) const {
  const TrackerRules& rules = this->rules();
  if (!numwant || *numwant < 0) return std::min(rules.default_numwant, rules.max_numwant);
  return static_cast<std::size_t>(std::min(static_cast<std::uint64_t>(*numwant), std::uint64_t{rules.max_numwant}));
}

}  // namespace torq::tracker
