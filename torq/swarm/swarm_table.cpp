// SPDX-License-Identifier: MIT
#include "torq/swarm/swarm_table.hpp"

#include <cassert>
#include <new>
#include <utility>

#include "torq/base/prefetch.hpp"

namespace torq::swarm {
SwarmTable::SwarmTable(SlabSource& source) : source_(&source), index_(16) {
  static_assert(sizeof(Block) == kBlockSize);
}

// Of two swarms with one tag, which are one in billions, the first is as good a guess as the other.
void SwarmTable::foresee(Tag tag, Foresight step) const {
  std::size_t i = tag & mask();
  if (step == Foresight::kIndex) return prefetch(&index_[i]);
  while (!index_[i].is_vacant() && index_[i].tag != tag) i = (i + 1) & mask();
  if (index_[i].is_vacant()) return;
  const Place& found = place(index_[i].number_plus_1 - 1);
  if (step == Foresight::kSwarm) return prefetch(&found);
  found.swarm.foresee();
}

Swarm* SwarmTable::find(const InfoHash& info_hash, Tag tag) {
  const Entry& entry = index_[position_of(info_hash, tag)];
  return entry.is_vacant() ? nullptr : &place(entry.number_plus_1 - 1).swarm;
}

Swarm& SwarmTable::insert(const InfoHash& info_hash, Tag tag) {
  if ((size_ + 1) * 4 > index_.size() * 3) grow();
  const Number number = take_number();
  index({tag, number + 1});
  ++size_;
  Block& block = *blocks_[number / kBlock];
  block.taken |= std::uint64_t{1} << number % kBlock;
  return block.places[number % kBlock].swarm = Swarm(info_hash);
}

void SwarmTable::erase(const InfoHash& info_hash, Tag tag) {
  std::size_t hole = position_of(info_hash, tag);
  assert(!index_[hole].is_vacant());
  const Number number = index_[hole].number_plus_1 - 1;
  // Whoever follows and was pushed past the hole by it moves into it (Knuth, 6.4, algorithm R).
  for (std::size_t i = (hole + 1) & mask(); !index_[i].is_vacant(); i = (i + 1) & mask()) {
    const std::size_t pushed_by = (i - index_[i].tag) & mask();
    if (pushed_by < ((i - hole) & mask())) continue;
    index_[hole] = index_[i];
    hole = i;
  }
  index_[hole] = {};
  --size_;

  Block& block = *blocks_[number / kBlock];
  block.taken &= ~(std::uint64_t{1} << number % kBlock);
  block.places[number % kBlock].swarm = Swarm();
  free_.push_back(number);
}

std::size_t SwarmTable::bytes() const {
  return index_.capacity() * sizeof(Entry) + blocks_.size() * sizeof(Block) +
         blocks_.capacity() * sizeof blocks_.front() + free_.capacity() * sizeof(Number);
}

Swarm* SwarmTable::at(Number number) {
  Block& block = *blocks_[number / kBlock];
  const bool is_taken = (block.taken >> number % kBlock & 1) != 0;
  return is_taken ? &block.places[number % kBlock].swarm : nullptr;
}

SwarmTable::OwnedBlock SwarmTable::make_block() { return {new (source_->take()) Block, GiveBack{source_}}; }

SwarmTable::Number SwarmTable::take_number() {
  if (!free_.empty()) {
    const Number number = free_.back();
    free_.pop_back();
    return number;
  }
  if (end_ % kBlock == 0) blocks_.push_back(make_block());
  return end_++;
}

std::size_t SwarmTable::position_of(const InfoHash& info_hash, Tag tag) const {
  std::size_t i = tag & mask();
  for (; !index_[i].is_vacant(); i = (i + 1) & mask()) {
    if (index_[i].tag == tag && place(index_[i].number_plus_1 - 1).swarm.info_hash() == info_hash) break;
  }
  return i;
}

void SwarmTable::index(Entry entry) {
  std::size_t i = entry.tag & mask();
  while (!index_[i].is_vacant()) i = (i + 1) & mask();
  index_[i] = entry;
}

void SwarmTable::grow() {
  const std::vector<Entry> old = std::exchange(index_, std::vector<Entry>(index_.size() * 2));
  for (const Entry& entry : old) {
    if (!entry.is_vacant()) index(entry);
  }
}

}  // namespace torq::swarm
