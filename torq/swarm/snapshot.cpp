// SPDX-License-Identifier: MIT
#include "torq/swarm/snapshot.hpp"

namespace torq::swarm {
namespace {

// Swarms and peers per block: some twenty microseconds.
constexpr std::size_t kCopyBudget = 1000;
// What a block of so many comes to, so that nothing is allocated while a shard is locked: swarms of one IPv6 peer each
// take most, and a step may go over its budget by the densest set of peers.
constexpr std::size_t kUsualBlock = 64 * 1024;

}  // namespace

SnapshotWriter::SnapshotWriter(MemoryStore& store, Instant now, const SnapshotClock& clock)
    : store_(store), begun_(now), header_(encode_header({store.commons_->clock.get().tick(), clock})) {
  block_.reserve(kUsualBlock);
}

Bytes SnapshotWriter::next(Instant now) {
  if (stage_ == Stage::kOver) return {};
  if (stage_ == Stage::kHeader) {
    stage_ = Stage::kBlocks;
    return header_;
  }
  block_.resize(kBlockPrefix);
  copy(now);
  if (block_.size() == kBlockPrefix) stage_ = Stage::kOver;  // and this is the block that ends it
  seal_block(block_, now - begun_, {file_of(header_), blocks_++});
  return block_;
}

// Until the budget is used up and something is there to be said: a block without records would be the end.
void SnapshotWriter::copy(Instant now) {
  RecordWriter into(block_);
  std::size_t visited = 0;
  while (shard_ < store_.shards_.size() && (visited < kCopyBudget || block_.size() == kBlockPrefix)) {
    const std::size_t budget = visited < kCopyBudget ? kCopyBudget - visited : kCopyBudget;
    const Shard::Copied copied = store_.shards_[shard_]->copy(now, place_, budget, into);
    visited += copied.visited;
    place_ = copied.is_over ? Shard::Cursor{} : copied.next;
    shard_ += copied.is_over ? 1 : 0;
  }
}

}  // namespace torq::swarm
