// SPDX-License-Identifier: MIT
#pragma once
// The peers of one role and one address family in one swarm, in the form that suits their number. Most swarms have a
// single peer, which is held in place of a pointer; up to 256 lie side by side; more are in a table.
// Threads: one at a time (the shard's mutex).

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>
#include <variant>

#include "torq/base/prefetch.hpp"
#include "torq/base/random.hpp"
#include "torq/swarm/dense_block.hpp"
#include "torq/swarm/ordered_table.hpp"
#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/peer_hash.hpp"
#include "torq/swarm/sweep.hpp"

namespace torq::swarm {

template <class Entry>
class PeerSet {
 public:
  /// The most that are searched one by one. A table goes back to this form at half as many, so that a swarm at the
  /// limit does not change form with every peer.
  static constexpr std::size_t kMaxDense = 256;

  std::size_t size() const {
    if (const auto* table = std::get_if<Table>(&form_)) return (*table)->size();
    if (const auto* block = std::get_if<Block>(&form_)) return block->size();
    return std::get<Entry>(form_).is_occupied() ? 1 : 0;
  }

  /// Beyond its own size.
  std::size_t bytes() const {
    if (const auto* table = std::get_if<Table>(&form_)) return (*table)->bytes();
    if (const auto* block = std::get_if<Block>(&form_)) return block->bytes();
    return 0;
  }

  /// Brings the beginning of what lies elsewhere into the cache.
  void foresee() const {
    if (const auto* table = std::get_if<Table>(&form_)) return prefetch(table->get());
    if (const auto* block = std::get_if<Block>(&form_)) block->foresee();
  }
  /// The same for one place.
  void foresee(std::size_t slot) const { prefetch(&at(slot)); }

  /// Good until the set is changed; null when the peer is not there.
  Entry* find(const Entry& peer, const PeerHash& hash_of) {
    if (auto* table = std::get_if<Table>(&form_)) return (*table)->find(peer, hash_of);
    if (auto* block = std::get_if<Block>(&form_)) {
      Entry* entry = std::find_if(block->begin(), block->end(), [&](const Entry& e) { return e.is_same_peer(peer); });
      return entry == block->end() ? nullptr : entry;
    }
    auto& single = std::get<Entry>(form_);
    return single.is_occupied() && single.is_same_peer(peer) ? &single : nullptr;
  }

  /// How many are of the same address: counted, or in a table estimated from a stretch of slots at random, where
  /// fewer than kFewest count as none. (The order of a table has nothing to do with the addresses alone.)
  std::size_t neighbours(const Entry& peer, Random& random) const {
    const std::size_t all = slots(), looked_at = std::holds_alternative<Table>(form_) ? kStretch : all;
    const std::size_t first = looked_at < all ? random.below(all - looked_at + 1) : 0;
    std::size_t occupied = 0, found = 0;
    for (std::size_t slot = first; slot < first + looked_at; ++slot) {
      if (!at(slot).is_occupied()) continue;
      ++occupied;
      found += at(slot).is_neighbour(peer) ? 1 : 0;
    }
    if (looked_at == all) return found;
    return found < kFewest ? 0 : found * size() / occupied;
  }

  /// Of a peer that is not there.
  void insert(const Entry& entry, const PeerHash& hash_of) {
    if (size() == 0) {
      form_ = entry;
      return;
    }
    if (auto* single = std::get_if<Entry>(&form_)) become_block(*single);
    if (auto* block = std::get_if<Block>(&form_)) {
      if (block->size() < kMaxDense) return block->push_back(entry);
      become_table(hash_of);
    }
    std::get<Table>(form_)->insert(entry, hash_of);
  }

  /// Of a peer that is there.
  void erase(const Entry& peer, const PeerHash& hash_of) {
    if (auto* table = std::get_if<Table>(&form_)) {
      (*table)->erase(peer, hash_of);
    } else if (auto* block = std::get_if<Block>(&form_)) {
      block->erase(find(peer, hash_of));
    } else {
      std::get<Entry>(form_) = Entry{};
    }
    become_smaller();
  }

  /// Each peer is at exactly one of the places from 0 up to slots(); the others are vacant. No more than a few times
  /// as many as peers.
  std::size_t slots() const {
    const auto* table = std::get_if<Table>(&form_);
    return table ? (*table)->slots() : size();
  }
  const Entry& at(std::size_t slot) const {
    if (const auto* table = std::get_if<Table>(&form_)) return (*table)->at(slot);
    if (const auto* block = std::get_if<Block>(&form_)) return block->begin()[slot];
    return std::get<Entry>(form_);
  }

  /// Removes peers whose lifetime is over; goes on from `cursor` until about `budget` places were looked at.
  SweepStep sweep(SweepCursor cursor, std::size_t budget, Tick now, const PeerHash& hash_of) {
    const auto is_over = [now](const Entry& entry) { return entry.is_over(now); };
    SweepStep step;
    if (auto* table = std::get_if<Table>(&form_)) {
      step = (*table)->sweep(cursor, budget, hash_of, is_over);
    } else {
      step.visited = size();
      step.removed = sweep_dense(is_over);
    }
    become_smaller();
    return step;
  }

  /// Shows `see` each peer; goes on from `cursor` until about `budget` were seen.
  template <class See>
  SweepStep read(SweepCursor cursor, std::size_t budget, const PeerHash& hash_of, See see) const {
    if (const auto* table = std::get_if<Table>(&form_)) return (*table)->read(cursor, budget, hash_of, see);
    for (std::size_t n = 0; n < size(); ++n) see(at(n));
    return {size(), 0, std::nullopt};
  }

 private:
  static constexpr std::size_t kStretch = 64;  // slots, of which 0.4 to 0.92 are occupied
  static constexpr std::size_t kFewest = 4;

  using Block = DenseBlock<Entry>;
  using Table = std::unique_ptr<OrderedTable<Entry>>;

  template <class Predicate>
  std::size_t sweep_dense(Predicate is_over) {
    auto* block = std::get_if<Block>(&form_);
    if (!block) {
      auto& single = std::get<Entry>(form_);
      if (!single.is_occupied() || !is_over(single)) return 0;
      single = Entry{};
      return 1;
    }
    const std::size_t before = block->size();
    for (std::size_t i = before; i-- > 0;) {
      if (is_over(block->begin()[i])) block->erase(block->begin() + i);
    }
    return before - block->size();
  }

  void become_block(Entry single) {
    Block block;
    block.push_back(single);
    form_ = std::move(block);
  }

  void become_table(const PeerHash& hash_of) {
    auto table = std::make_unique<OrderedTable<Entry>>(kMaxDense + 1);
    for (const Entry& entry : std::get<Block>(form_)) table->insert(entry, hash_of);
    form_ = std::move(table);
  }

  void become_smaller() {
    if (auto* table = std::get_if<Table>(&form_); table && (*table)->size() <= kMaxDense / 2) {
      Block block;
      for (std::size_t slot = 0; slot < (*table)->slots(); ++slot) {
        if ((*table)->at(slot).is_occupied()) block.push_back((*table)->at(slot));
      }
      form_ = std::move(block);
    }
    if (auto* block = std::get_if<Block>(&form_); block && block->size() <= 1) {
      form_ = block->size() == 1 ? *block->begin() : Entry{};
    }
  }

  std::variant<Entry, Block, Table> form_;
};

static_assert(sizeof(PeerSet<V4Entry>) == 16);

}  // namespace torq::swarm
