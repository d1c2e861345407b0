// SPDX-License-Identifier: MIT
#pragma once
// The swarms of one shard, found by info hash. Swarms lie in blocks and never move; the index beside them is an array
// of pairs (32 bits of the info hash's keyed hash, number of the swarm), so that it grows without touching a swarm.
// It doubles as a whole: with 256 shards and ten million swarms that is half a megabyte, some 0.1 ms. Room that swarms
// had is kept for later ones.
//
// Threads: one at a time (the shard's mutex).

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "torq/base/info_hash.hpp"
#include "torq/swarm/slab_source.hpp"
#include "torq/swarm/swarm.hpp"

namespace torq::swarm {

/// What is fetched from memory before a swarm is asked for, each found through the one before.
enum class Foresight : std::uint8_t { kIndex, kSwarm, kPeers };

class SwarmTable {
 public:
  /// Names a swarm as long as it is in the table.
  using Number = std::uint32_t;
  /// Low bits of a hash of the info hash that strangers cannot compute.
  using Tag = std::uint32_t;

  static constexpr std::size_t kBlockSize = 64 * 64 + 64;  ///< of what it takes from its source

  /// `source` has blocks of kBlockSize, and outlives the table.
  explicit SwarmTable(SlabSource& source);
  /// Null when there is none.
  Swarm* find(const InfoHash& info_hash, Tag tag);
  /// Brings what a search by this tag will read into the cache; changes nothing.
  void foresee(Tag tag, Foresight step) const;
  /// Of a swarm that is not there.
  Swarm& insert(const InfoHash& info_hash, Tag tag);
  /// Of a swarm that is there.
  void erase(const InfoHash& info_hash, Tag tag);

  /// Without what its swarms hold beyond their own size.
  std::size_t bytes() const;

  /// Every swarm has a number below this one.
  Number end() const { return end_; }
  /// Null when the number is free.
  Swarm* at(Number number);

 private:
  static constexpr std::size_t kBlock = 64;  // swarms
  struct alignas(64) Place {
    Swarm swarm;
  };
  struct Block {
    std::array<Place, kBlock> places;
    std::uint64_t taken = 0;  // a bit for each
  };
  struct GiveBack {
    SlabSource* source;
    void operator()(Block* block) const {
      std::destroy_at(block);
      source->give(block);
    }
  };
  using OwnedBlock = std::unique_ptr<Block, GiveBack>;
  struct Entry {
    Tag tag = 0;
    Number number_plus_1 = 0;  // 0: vacant

    bool is_vacant() const { return number_plus_1 == 0; }
  };

  OwnedBlock make_block();
  Number take_number();
  /// Where in the index the swarm is, or else the vacant entry that the search ended at.
  std::size_t position_of(const InfoHash& info_hash, Tag tag) const;
  Place& place(Number number) const { return blocks_[number / kBlock]->places[number % kBlock]; }
  void index(Entry entry);
  void grow();
  std::size_t mask() const { return index_.size() - 1; }

  SlabSource* source_;
  std::vector<Entry> index_;  // linear probing from tag & mask(); at most three quarters taken
  std::size_t size_ = 0;
  std::vector<OwnedBlock> blocks_;
  Number end_ = 0;
  std::vector<Number> free_;  // numbers below end_
};

}  // namespace torq::swarm
