// SPDX-License-Identifier: MIT
#pragma once
// Takes a snapshot of a store that goes on serving (snapshot_format.hpp says what it looks like), a block at a time:
// each call locks shards one after the other, none for longer than it takes to copy a thousand entries. It writes no
// file. MemoryStore::restore() is the way back.
//
// Threads: one at a time; the store may be used by others meanwhile.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "torq/swarm/memory_store.hpp"
#include "torq/swarm/shard.hpp"
#include "torq/swarm/snapshot_format.hpp"

namespace torq::swarm {

class SnapshotWriter {
 public:
  /// `store` outlives the writer. `clock` was read at `now`.
  SnapshotWriter(MemoryStore& store, Instant now, const SnapshotClock& clock);

  /// The next part of the snapshot, good until the next call; empty when all has been said.
  Bytes next(Instant now);

 private:
  void copy(Instant now);

  MemoryStore& store_;
  const Instant begun_;
  const EncodedHeader header_;
  enum class Stage : std::uint8_t { kHeader, kBlocks, kOver } stage_ = Stage::kHeader;
  std::uint64_t blocks_ = 0;
  std::size_t shard_ = 0;
  Shard::Cursor place_;
  std::vector<std::byte> block_;
};

}  // namespace torq::swarm
