// SPDX-License-Identifier: MIT
#pragma once
// Many peers in little more room than they need, without a moment in which all of them are touched. Between 0.4 and
// 0.92 of the slots are taken. Whenever peers come or go past a mark of 0.55 or 0.9 a SlotArray of a better size is
// begun, and each later change moves a few more entries into it, in the order of their hashes:
//
//            moved_through_
//   front_   === = == ==|                        the new layout holds the hashes up to there,
//   back_               |== = ===== = === = ==   the old layout those beyond; what it has behind it is freed
//
// The slots are also what samples are drawn from. Threads: one at a time (the shard's mutex).

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/peer_hash.hpp"
#include "torq/swarm/slot_array.hpp"
#include "torq/swarm/sweep.hpp"

namespace torq::swarm {

template <class Entry>
class OrderedTable {
 public:
  /// Room for `expected` peers before the first move.
  explicit OrderedTable(std::size_t expected) : front_(homes_for(expected)) {}

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return sizeof *this + front_.bytes() + back_.bytes(); }

  Entry* find(const Entry& peer, const PeerHash& hash_of) {
    const std::uint64_t hash = hash_of(peer);
    SlotArray<Entry>& part = part_of(hash);
    const auto place = part.find(peer, hash, hash_of);
    return place.found ? &part.at(place.slot) : nullptr;
  }

  /// Of a peer that is not there.
  void insert(const Entry& entry, const PeerHash& hash_of) {
    const std::uint64_t hash = hash_of(entry);
    SlotArray<Entry>& part = part_of(hash);
    part.insert(part.find(entry, hash, hash_of).slot, entry);
    ++size_;
    if (!is_moving() && size_ * 10 > front_.homes() * 9) begin_move(front_.homes() + front_.homes() / 16 + 1);
    move(kMovesPerInsertion, hash_of);
  }

  /// Of a peer that is there.
  void erase(const Entry& peer, const PeerHash& hash_of) {
    const std::uint64_t hash = hash_of(peer);
    SlotArray<Entry>& part = part_of(hash);
    const auto place = part.find(peer, hash, hash_of);
    assert(place.found);
    part.erase(place.slot, hash_of);
    note_removed(1, hash_of);
  }

  /// Each peer is at exactly one of the places from 0 up to slots(); the others are vacant.
  std::size_t slots() const { return front_.end() + back_.end() - back_.begin(); }
  const Entry& at(std::size_t slot) const {
    return slot < front_.end() ? front_.at(slot) : back_.at(slot - front_.end() + back_.begin());
  }

  /// Removes peers that are over; goes on from `cursor` until about `budget` slots were looked at or moved.
  ///
  /// The chunks are taken in the order of their reversed bits, so that a pass thins out all stretches of the table
  /// alike. In ascending order a pass that removes nearly everyone would leave one half empty and the other
  /// full: a layout for the average would then be too small for the full half.
  template <class Predicate>
  SweepStep sweep(SweepCursor cursor, std::size_t budget, const PeerHash& hash_of, Predicate is_over) {
    if (cursor.chunk == 0) cursor.chunk_bits = static_cast<unsigned>(std::bit_width(slots() / kSlotsPerChunk));
    SweepStep step;
    while (step.visited < budget && cursor.chunk >> cursor.chunk_bits == 0) {
      const auto [visited, removed] = sweep_chunk(cursor, hash_of, is_over);
      step.visited += visited + 1 + kMovesPerRemoval * removed;
      step.removed += removed;
      note_removed(removed, hash_of);
      ++cursor.chunk;
    }
    if (cursor.chunk >> cursor.chunk_bits == 0) step.next = cursor;
    return step;
  }

  /// Shows `see` each peer once; goes on from `cursor` until about `budget` were seen. When the table has grown since,
  /// the chunks are cut anew, so that no step becomes long.
  template <class See>
  SweepStep read(SweepCursor cursor, std::size_t budget, const PeerHash& hash_of, See see) const {
    const auto bits = static_cast<unsigned>(std::bit_width(slots() / kSlotsPerChunk));
    for (; cursor.chunk_bits < bits; ++cursor.chunk_bits) cursor.chunk *= 2;
    SweepStep step;
    for (; step.visited < budget && cursor.chunk >> cursor.chunk_bits == 0; ++cursor.chunk) {
      const unsigned shift = kHashBits - cursor.chunk_bits;
      const std::uint64_t low = std::uint64_t{cursor.chunk} << shift, high = low + (std::uint64_t{1} << shift);
      const auto count_and_see = [&](const Entry& entry) { ++step.visited, see(entry); };
      ++step.visited;
      if (low <= moved_through_) front_.read(low, high, hash_of, count_and_see);
      if (high > moved_through_) back_.read(low, high, hash_of, count_and_see);
    }
    if (cursor.chunk >> cursor.chunk_bits == 0) step.next = cursor;
    return step;
  }

 private:
  // Slots moved per change. A move of N slots that begins at the upper mark is over after N / 64 insertions, one that
  // begins at the lower mark after N / 8 removals.
  static constexpr std::size_t kMovesPerInsertion = 64;
  static constexpr std::size_t kMovesPerRemoval = 8;
  static constexpr std::size_t kSlotsPerChunk = 32;
  static constexpr unsigned kHashBits = 63;
  static constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

  static std::size_t homes_for(std::size_t size) { return size + size / 4 + 1; }

  bool is_moving() const { return moved_through_ != kEverything; }
  SlotArray<Entry>& part_of(std::uint64_t hash) { return hash <= moved_through_ ? front_ : back_; }

  void note_removed(std::size_t removed, const PeerHash& hash_of) {
    if (removed == 0) return;
    size_ -= removed;
    if (!is_moving() && size_ * 20 < front_.homes() * 11) begin_move(homes_for(size_));
    move(kMovesPerRemoval * removed, hash_of);
  }

  void begin_move(std::size_t homes) {
    back_ = std::exchange(front_, SlotArray<Entry>(homes));
    moved_through_ = 0;
  }

  // Entries of equal hash move together, or moved_through_ could not tell where they are.
  void move(std::size_t slots, const PeerHash& hash_of) {
    if (!is_moving()) return;
    for (; back_.begin() < back_.end(); slots -= slots > 0) {
      const Entry& first = back_.at(back_.begin());
      if (slots == 0 && !(first.is_occupied() && hash_of(first) == moved_through_)) return;
      const Entry entry = back_.take_front();
      if (!entry.is_occupied()) continue;
      moved_through_ = hash_of(entry);
      front_.append(entry, moved_through_);
    }
    back_ = SlotArray<Entry>();
    moved_through_ = kEverything;
  }

  template <class Predicate>
  typename SlotArray<Entry>::Swept sweep_chunk(SweepCursor cursor, const PeerHash& hash_of, Predicate is_over) {
    const unsigned shift = kHashBits - cursor.chunk_bits;
    const std::uint64_t low = reversed(cursor) << shift, high = low + (std::uint64_t{1} << shift);
    typename SlotArray<Entry>::Swept sum;
    if (low <= moved_through_) sum = front_.sweep(low, high, hash_of, is_over);
    if (high > moved_through_) {
      const auto more = back_.sweep(low, high, hash_of, is_over);
      sum = {sum.visited + more.visited, sum.removed + more.removed};
    }
    return sum;
  }

  static std::uint64_t reversed(SweepCursor cursor) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < cursor.chunk_bits; ++i) bits = bits << 1 | (cursor.chunk >> i & 1);
    return bits;
  }

  std::size_t size_ = 0;
  std::uint64_t moved_through_ = kEverything;
  SlotArray<Entry> front_;
  SlotArray<Entry> back_;  // empty unless entries are being moved
};

}  // namespace torq::swarm
