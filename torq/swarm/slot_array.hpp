// SPDX-License-Identifier: MIT
#pragma once
// Entries in the order of their hashes, with gaps: linear probing in which the home of an entry grows with its hash, so
// that the order of the slots is the order of the hashes. Hence a search may stop at the first larger hash (9 slots in
// 10 may be taken), an array can be copied into one of another size from front to back, and a place in it can be named
// by a hash. This is one layout; OrderedTable moves entries from one to the next.
//
// Slots are allocated in segments of one size, so that no single allocation is large. It grows with the layout, see
// Segment: those of a large one are pages of their own.
//
// Invariants: an occupied slot is at or behind its home, with no vacant slot between; hashes never
// decrease; no slot before begin() or from end() on is occupied; segments below begin() are freed.

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "torq/swarm/peer_entry.hpp"
#include "torq/swarm/peer_hash.hpp"
#include "torq/swarm/segment.hpp"

namespace torq::swarm {

template <class Entry>
class SlotArray {
 public:
  struct Place {
    std::size_t slot = 0;  ///< where the entry is, or else where it is to be inserted
    bool found = false;
  };
  struct Swept {
    std::size_t visited = 0;
    std::size_t removed = 0;
  };

  SlotArray() = default;
  explicit SlotArray(std::size_t homes) : homes_(homes), segment_bits_(segment_bits_for(homes)) {
    segments_.reserve((homes >> segment_bits_) + 2);
  }

  std::size_t homes() const { return homes_; }
  std::size_t bytes() const {
    const std::size_t held = segments_.size() - std::min(begin_ >> segment_bits_, segments_.size());
    return held * segment() * sizeof(Entry) + segments_.capacity() * sizeof segments_.front();
  }
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  const Entry& at(std::size_t slot) const { return segments_[slot >> segment_bits_][slot & (segment() - 1)]; }
  Entry& at(std::size_t slot) { return segments_[slot >> segment_bits_][slot & (segment() - 1)]; }

  Place find(const Entry& peer, std::uint64_t hash, const PeerHash& hash_of) const {
    std::size_t slot = home(hash);
    for (; slot < end_ && at(slot).is_occupied(); ++slot) {
      if (at(slot).is_same_peer(peer)) return {slot, true};
      if (hash_of(at(slot)) > hash) break;
    }
    return {slot, false};
  }

  /// `slot` is what find() said. Those behind it move up to the next gap.
  void insert(std::size_t slot, Entry entry) {
    for (; entry.is_occupied(); ++slot) std::swap(reach(slot), entry);
    end_ = std::max(end_, slot);
  }

  /// Those behind it that are not at home move down.
  void erase(std::size_t slot, const PeerHash& hash_of) {
    std::size_t next = slot + 1;
    for (; next < end_ && at(next).is_occupied() && home(hash_of(at(next))) < next; ++next) at(next - 1) = at(next);
    at(next - 1) = Entry{};
  }

  /// Of an entry whose hash is not smaller than any here.
  void append(const Entry& entry, std::uint64_t hash) {
    const std::size_t lowest = home(hash);
    std::size_t slot = std::max(lowest, end_);
    while (slot > lowest && !at(slot - 1).is_occupied()) --slot;  // the last slots may have become vacant
    insert(slot, entry);
  }

  /// What is in the first slot, or a vacant entry. The slot is gone afterwards. Only while begin() < end().
  Entry take_front() {
    const Entry entry = std::exchange(at(begin_), Entry{});
    if (++begin_ % segment() == 0) segments_[(begin_ >> segment_bits_) - 1].reset();
    return entry;
  }

  /// Shows `see` the entries with hashes from `low` up to (not including) `high`.
  template <class See>
  void read(std::uint64_t low, std::uint64_t high, const PeerHash& hash_of, See see) const {
    const std::size_t last = home(high);
    for (std::size_t slot = home(low); slot < end_; ++slot) {
      if (!at(slot).is_occupied()) {
        if (slot >= last) return;
        continue;
      }
      const std::uint64_t hash = hash_of(at(slot));
      if (hash >= high) return;
      if (hash >= low) see(at(slot));
    }
  }

  /// Removes what `is_over` of the entries with hashes from `low` up to (not including) `high`, and possibly of some
  /// beyond.
  template <class Predicate>
  Swept sweep(std::uint64_t low, std::uint64_t high, const PeerHash& hash_of, Predicate is_over) {
    const std::size_t first = home(low), last = home(high);
    std::size_t read = first, write = first, removed = 0;  // a gap was made in this run of slots: write < read
    for (; read < end_; ++read) {
      if (!at(read).is_occupied()) {
        if (read >= last) break;
        write = read + 1;
        continue;
      }
      if (read >= last) {
        const std::uint64_t hash = hash_of(at(read));
        if (hash >= high && (write == read || home(hash) == read)) break;
      }
      if (is_over(at(read))) {
        at(read) = Entry{};
        ++removed;
      } else {
        write = (write == read ? read : settle(read, write, hash_of)) + 1;
      }
    }
    return {read - first, removed};
  }

 private:
  // 256 slots to 8192, and of more than that no more than a 64th of all.
  static unsigned segment_bits_for(std::size_t homes) {
    return std::clamp(static_cast<unsigned>(std::bit_width(homes / 128)), 8u, 13u);
  }
  std::size_t segment() const { return std::size_t{1} << segment_bits_; }

  std::size_t home(std::uint64_t hash) const {
    return std::max(begin_, static_cast<std::size_t>((hash >> 31) * homes_ >> 32));
  }

  // Moves an entry down to the first slot from `lowest` on that it may have, and tells which.
  std::size_t settle(std::size_t slot, std::size_t lowest, const PeerHash& hash_of) {
    const Entry entry = std::exchange(at(slot), Entry{});
    const std::size_t target = std::max(lowest, home(hash_of(entry)));
    at(target) = entry;
    return target;
  }

  Entry& reach(std::size_t slot) {
    while (segments_.size() <= slot >> segment_bits_) segments_.push_back(make_segment<Entry>(segment()));
    return at(slot);
  }

  std::size_t homes_ = 0;
  unsigned segment_bits_ = 8;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::vector<Segment<Entry>> segments_;
};

}  // namespace torq::swarm
