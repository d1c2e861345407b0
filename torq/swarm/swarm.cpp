// SPDX-License-Identifier: MIT
#include "torq/swarm/swarm.hpp"

#include <algorithm>
#include <optional>

#include "torq/swarm/draw.hpp"

namespace torq::swarm {
namespace {

using tracker::Role;
using tracker::RoleCounts;
using tracker::SwarmCounts;
using tracker::Visit;

bool is_v4(const SocketAddress& peer) { return peer.ip.family() == Family::kIpv4; }

/// The peers of one role, the families that are wanted side by side, as places to draw from.
struct RolePlaces {
  const PeerSet<V4Entry>* v4;
  const PeerSet<V6Entry>* v6;

  std::size_t size() const { return (v4 ? v4->size() : 0) + (v6 ? v6->size() : 0); }
  std::size_t slots() const { return v4_slots() + (v6 ? v6->slots() : 0); }
  std::size_t v4_slots() const { return v4 ? v4->slots() : 0; }
};

/// Who may be handed out, and how it is looked up.
struct Lot {
  RolePlaces places;
  Tick now;
  const SocketAddress& asker;

  std::optional<SocketAddress> at(std::size_t slot) const {
    const std::size_t v4_slots = places.v4_slots();
    return slot < v4_slots ? alive(places.v4->at(slot)) : alive(places.v6->at(slot - v4_slots));
  }

  void foresee(std::size_t slot) const {
    const std::size_t v4_slots = places.v4_slots();
    if (slot < v4_slots) return places.v4->foresee(slot);
    places.v6->foresee(slot - v4_slots);
  }

  template <class Entry>
  std::optional<SocketAddress> alive(const Entry& entry) const {
    if (!entry.is_occupied() || entry.is_over(now)) return {};
    const SocketAddress peer = entry.address();
    if (peer == asker) return {};
    return peer;
  }
};

void draw(const Lot& lot, std::size_t wanted, Random& random, std::vector<SocketAddress>& into) {
  if (wanted == 0) return;
  const auto at = [&lot](std::size_t slot) { return lot.at(slot); };
  if (2 * wanted >= lot.places.size()) {
    draw_by_scan(lot.places.slots(), wanted, random, into, at);
  } else {
    draw_by_lot(lot.places.slots(), wanted, random, into, at, [&lot](std::size_t slot) { lot.foresee(slot); });
  }
}

}  // namespace

std::size_t Swarm::size() const {
  const SwarmCounts sum = counts();
  return sum.complete + sum.incomplete;
}

SwarmCounts Swarm::counts() const {
  SwarmCounts sum{v4_.seeders.size(), downloaded_, v4_.leechers.size()};
  if (v6_) {
    sum.complete += v6_->seeders.size();
    sum.incomplete += v6_->leechers.size();
  }
  return sum;
}

std::size_t Swarm::bytes() const { return v4_.bytes() + (v6_ ? sizeof *v6_ + v6_->bytes() : 0); }

bool Swarm::refresh(const Visit& visit, Tick now, const PeerHash& hash_of) {
  if (is_v4(visit.peer)) return refresh_in(v4_, visit, now, hash_of);
  return v6_ && refresh_in(*v6_, visit, now, hash_of);
}

template <class Entry>
bool Swarm::refresh_in(Roles<Entry>& roles, const Visit& visit, Tick now, const PeerHash& hash_of) {
  Entry peer(visit.peer, now, visit.completed);
  Entry* known = roles.of(visit.role).find(peer, hash_of);
  const bool has_role = known != nullptr;
  if (!has_role) known = roles.besides(visit.role).find(peer, hash_of);
  if (!known) return false;

  const bool had_completed = known->has_completed() && !known->is_over(now);
  if (visit.completed && !had_completed) count_completed();
  peer.see(now, visit.completed || had_completed);
  if (has_role) {
    *known = peer;
  } else {
    roles.besides(visit.role).erase(peer, hash_of);
    roles.of(visit.role).insert(peer, hash_of);
  }
  return true;
}

void Swarm::add(const Visit& visit, Tick now, const PeerHash& hash_of) {
  if (visit.completed) count_completed();
  restore({visit.peer, {0, visit.completed, visit.role == Role::kLeecher}}, now, hash_of);
}

void Swarm::restore(const PeerRecord& peer, Tick then, const PeerHash& hash_of) {
  idle_passes_ = 0;
  const Role role = peer.mark.leecher ? Role::kLeecher : Role::kSeeder;
  if (is_v4(peer.address)) {
    return v4_.of(role).insert(V4Entry(peer.address, then, peer.mark.completed), hash_of);
  }
  if (!v6_) v6_ = std::make_unique<Roles<V6Entry>>();
  v6_->of(role).insert(V6Entry(peer.address, then, peer.mark.completed), hash_of);
}

void Swarm::restore(SwarmTail tail) {
  const unsigned downloaded = std::max(tail.downloaded, unsigned{downloaded_});
  downloaded_ = std::min(downloaded, kMaxDownloaded) & kMaxDownloaded;
  if (size() == 0) idle_passes_ = std::min(tail.idle_passes, kMaxIdlePasses) & kMaxIdlePasses;
}

bool Swarm::knows(const SocketAddress& peer, const PeerHash& hash_of) {
  const auto has = [&](auto& roles, const auto& entry) {
    return roles.seeders.find(entry, hash_of) || roles.leechers.find(entry, hash_of);
  };
  const Tick any(0);
  if (is_v4(peer)) return has(v4_, V4Entry(peer, any, false));
  return v6_ && has(*v6_, V6Entry(peer, any, false));
}

bool Swarm::remove(const SocketAddress& peer, const PeerHash& hash_of) {
  const Tick any(0);
  if (is_v4(peer)) return remove_from(v4_, V4Entry(peer, any, false), hash_of);
  return v6_ && remove_from(*v6_, V6Entry(peer, any, false), hash_of);
}

template <class Entry>
bool Swarm::remove_from(Roles<Entry>& roles, const Entry& peer, const PeerHash& hash_of) {
  for (const Role role : {Role::kSeeder, Role::kLeecher}) {
    if (!roles.of(role).find(peer, hash_of)) continue;
    roles.of(role).erase(peer, hash_of);
    return true;
  }
  return false;
}

std::size_t Swarm::neighbours(const SocketAddress& peer, Random& random) const {
  const auto sum = [&](const auto& roles, const auto& entry) {
    return roles.seeders.neighbours(entry, random) + roles.leechers.neighbours(entry, random);
  };
  const Tick any(0);
  if (is_v4(peer)) return sum(v4_, V4Entry(peer, any, false));
  return v6_ ? sum(*v6_, V6Entry(peer, any, false)) : 0;
}

void Swarm::count_completed() {
  if (downloaded_ < kMaxDownloaded) ++downloaded_;
}

std::vector<SocketAddress> Swarm::pick(const Visit& visit, bool is_here, Tick now, Random& random,
                                       std::vector<SocketAddress> into) const {
  into.clear();
  const bool v4 = visit.family != Family::kIpv6;
  const bool v6 = v6_ && visit.family != Family::kIpv4;
  const RolePlaces seeders{v4 ? &v4_.seeders : nullptr, v6 ? &v6_->seeders : nullptr};
  const RolePlaces leechers{v4 ? &v4_.leechers : nullptr, v6 ? &v6_->leechers : nullptr};
  RoleCounts others{seeders.size(), leechers.size()};
  const bool is_among_them = is_here && (!visit.family || *visit.family == visit.peer.ip.family());
  if (is_among_them) --(visit.role == Role::kSeeder ? others.seeders : others.leechers);
  const RoleCounts shares = share_places(visit.wanted, visit.role, others);

  into.reserve(shares.seeders + shares.leechers);
  draw({seeders, now, visit.peer}, shares.seeders, random, into);
  draw({leechers, now, visit.peer}, shares.leechers, random, into);
  return into;
}

Swarm::Step Swarm::sweep(Cursor cursor, std::size_t budget, Tick now, const PeerHash& hash_of) {
  Step sum;
  const unsigned sets = v6_ ? 4 : 2;
  while (cursor.set < sets && sum.visited < budget) {
    const auto sweep_set = [&](auto& set) { return set.sweep(cursor.place, budget - sum.visited, now, hash_of); };
    const auto sweep_role = [&](auto& roles) {
      return sweep_set(cursor.set % 2 == 0 ? roles.seeders : roles.leechers);
    };
    const SweepStep step = cursor.set < 2 ? sweep_role(v4_) : sweep_role(*v6_);
    sum.visited += step.visited;
    sum.removed += step.removed;
    cursor = step.next ? Cursor{cursor.set, *step.next} : Cursor{cursor.set + 1, {}};
  }
  sum.is_last = cursor.set >= sets;
  sum.next = cursor;
  return sum;
}

// Leechers first: of those that change their role meanwhile, most become seeders.
Swarm::Step Swarm::copy(Cursor cursor, std::size_t budget, Tick now, const PeerHash& hash_of,
                        RecordWriter& into) const {
  Step sum;
  const unsigned sets = v6_ ? 4 : 2;
  into.begin(info_hash_, {downloaded_, idle_passes_});
  while (cursor.set < sets && sum.visited < budget) {
    const bool leechers = cursor.set % 2 == 0;
    const auto write = [&](const auto& entry) {
      if (entry.is_over(now)) return;
      into.add(entry.address_bytes(), {entry.age(now), entry.has_completed(), leechers});
    };
    const auto copy_role = [&](const auto& roles) {
      return (leechers ? roles.leechers : roles.seeders).read(cursor.place, budget - sum.visited, hash_of, write);
    };
    const SweepStep step = cursor.set < 2 ? copy_role(v4_) : copy_role(*v6_);
    sum.visited += step.visited;
    cursor = step.next ? Cursor{cursor.set, *step.next} : Cursor{cursor.set + 1, {}};
  }
  into.end();
  sum.is_last = cursor.set >= sets;
  sum.next = cursor;
  return sum;
}

}  // namespace torq::swarm
