// SPDX-License-Identifier: MIT
// Any bytes as a snapshot: as they are, when they begin with 'f'; else as the records of a block whose sum is right,
// after two bytes of downtime in seconds and two of tick in microseconds. What is accepted fits the limits of a store,
// and what that store writes in its turn comes back the same.

#include <cstdint>
#include <vector>

#include "fuzz/require.hpp"
#include "torq/swarm/snapshot.hpp"

namespace {

using namespace torq;
using namespace torq::swarm;

constexpr StoreLimits kLimits{.swarms = 8, .peers = 64, .peers_per_swarm = 32};
constexpr Duration kLifetime = std::chrono::seconds(150);
constexpr Instant kNow{std::chrono::hours(1)};

void restore(MemoryStore& store, Bytes file, Duration downtime) {
  const auto cut = cut_snapshot(file);
  if (!cut) return;
  for (std::size_t n = 0; n < cut->blocks.size(); ++n) {
    if (const auto block = cut->block(n)) store.restore(kNow, downtime, cut->header, *block);
  }
}

std::vector<std::byte> snapshot_of(MemoryStore& store) {
  std::vector<std::byte> bytes;
  SnapshotWriter writer(store, kNow, {});
  for (Bytes part = writer.next(kNow); !part.empty(); part = writer.next(kNow)) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

/// A file around these records.
std::vector<std::byte> file_of_records(Bytes records, Duration tick) {
  const EncodedHeader header = encode_header({tick, {}});
  std::vector<std::byte> file(header.begin(), header.end());
  for (std::uint64_t number = 0; number < 2; ++number) {
    std::vector<std::byte> block(kBlockPrefix);
    if (number == 0) block.insert(block.end(), records.begin(), records.end());
    seal_block(block, {}, {swarm::file_of(header), number});
    file.insert(file.end(), block.begin(), block.end());
    if (records.empty()) break;
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 5 || size > kMaxRecordBytes) return 0;
  const Bytes rest = std::as_bytes(std::span(data, size)).subspan(1);
  MemoryStore store(SipKey{{1, 2}}, kLifetime, kLimits), again(SipKey{{3, 4}}, kLifetime, kLimits);
  if (data[0] == 'f') {
    restore(store, rest, {});
  } else {
    const std::chrono::seconds downtime(data[1] << 8 | data[2]);
    const std::chrono::microseconds tick(data[3] << 8 | data[4]);
    restore(store, file_of_records(rest.subspan(4), tick), downtime);
  }
  const StoreFigures figures = store.figures();
  require(figures.swarms <= kLimits.swarms && figures.peers <= kLimits.peers);

  restore(again, snapshot_of(store), {});
  require(again.figures().peers == figures.peers && again.figures().swarms == figures.swarms);
  return 0;
}
