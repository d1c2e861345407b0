// SPDX-License-Identifier: MIT
#pragma once
// What the swarms of a store look like as bytes, so that a server finds them again after a restart. It is a header and
// blocks, each with its own checksum, so that they can be written and read a piece at a time. Not a protocol: only this
// program reads it. Yet nothing in it is trusted: a disk may fail, and a file may be of another version. Pure.
//
//   header   | "torqswrm" | version, 4 | tick in ns, 8 | Unix time in ns, 8 | since boot in ns, 8 | boot id, 16 | sum,
//   8 | block    | size of the records, 4 | ms since the header's time, 4 | records | sum, 8 | the end  a block without
//   records; nothing follows it
//
//   record   | info hash, 20 | downloaded, 26 bits : idle passes, 6 bits | v4 peers, 4 | v6 peers, 4 | peers |
//   peer     | IP address, 4 or 16 | port, 2 | 0, 2 bits : age in ticks, 12 bits : completed, 1 : leecher, 1 |
//
// Integers are big-endian. Ages are those at the time of the block. A swarm may be spread over several records, and a
// peer that came or changed its role meanwhile may be in it twice or not at all. Sums are SipHash: the header's with
// a fixed key, a block's with the header's sum and the block's number as its key, so that blocks of another file,
// or in another order, are damage too. They find accidents; against whoever may write into the folder nothing helps.
//
// Threads: any.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/info_hash.hpp"
#include "torq/base/result.hpp"

namespace torq::swarm {

enum class SnapshotError : std::uint8_t { kNoSnapshot, kOtherVersion, kTruncated, kDamaged, kMalformed, kTrailing };
std::string_view text_of(SnapshotError error);

/// What clocks outside of the process said at one moment.
struct SnapshotClock {
  Duration unix_time{};
  Duration since_boot{};                ///< also runs while the machine sleeps
  std::array<std::byte, 16> boot_id{};  ///< zeros when it is not known

  bool operator==(const SnapshotClock&) const = default;
};

/// How long ago `then` was. The time since boot knows it whatever was done to the wall clock; after a reboot that one
/// has to do. A `then` in its future by less than `tolerance` is a clock put right, and counts as no time at all; one
/// further off tells nothing, as do absurd values: nothing is returned.
std::optional<Duration> time_between(const SnapshotClock& then, const SnapshotClock& now, Duration tolerance);

struct SnapshotHeader {
  static constexpr std::size_t kSize = 60;

  Duration tick{};  ///< the unit of the ages
  SnapshotClock clock;

  bool operator==(const SnapshotHeader&) const = default;
};

using EncodedHeader = std::array<std::byte, SnapshotHeader::kSize>;
EncodedHeader encode_header(const SnapshotHeader& header);
Result<SnapshotHeader, SnapshotError> parse_header(Bytes bytes);

/// Numbers a block of one file.
struct BlockId {
  std::uint64_t file;  ///< the header's sum, see file_of()
  std::uint64_t number;
};
std::uint64_t file_of(Bytes header);

inline constexpr std::size_t kBlockPrefix = 8, kBlockSuffix = 8;  // around the records
inline constexpr std::size_t kMaxRecordBytes = 1024 * 1024;       // of a block

/// Writes `elapsed` and the rest around the records, which begin at kBlockPrefix in `block`.
void seal_block(std::vector<std::byte>& block, Duration elapsed, BlockId id);

struct PeerMark {
  unsigned age = 0;  ///< ticks, at most kLifetimeTicks
  bool completed = false;
  bool leecher = false;
};

/// What a swarm keeps besides peers.
struct SwarmTail {
  unsigned downloaded = 0;
  unsigned idle_passes = 0;
};

/// Appends records to a block.
class RecordWriter {
 public:
  explicit RecordWriter(std::vector<std::byte>& into) : into_(into) {}

  void begin(const InfoHash& info_hash, SwarmTail tail);
  /// `address` is 6 or 18 bytes; all of the former before all of the latter.
  void add(Bytes address, PeerMark mark);
  /// A record that says nothing is taken back.
  void end();

 private:
  std::vector<std::byte>& into_;
  std::size_t start_ = 0;
  std::uint32_t v4_ = 0, v6_ = 0;
};

struct PeerRecord {
  SocketAddress address;
  PeerMark mark;
};

/// A view into its block.
struct SwarmRecord {
  InfoHash info_hash;
  SwarmTail tail;
  std::size_t v4 = 0, v6 = 0;
  Bytes peers;

  std::size_t size() const { return v4 + v6; }
  /// The port is not 0, the age no more than a lifetime; nothing else is promised.
  PeerRecord peer(std::size_t n) const;
};

/// A view into the bytes that it was parsed from, which were found good to the last record.
struct SnapshotBlock {
  Duration elapsed{};
  Bytes records;

  bool is_end() const { return records.empty(); }
  /// Takes the first record off the front; only while there are records.
  SwarmRecord take_record();
};

Result<SnapshotBlock, SnapshotError> parse_block(Bytes bytes, BlockId id);

/// A whole snapshot, cut up: its blocks can then be parsed one by one, in any order and by several threads. It is good
/// only if all of them are.
struct CutSnapshot {
  SnapshotHeader header;
  std::uint64_t file = 0;
  std::vector<Bytes> blocks;  ///< the one at the end is the last

  Result<SnapshotBlock, SnapshotError> block(std::size_t n) const { return parse_block(blocks[n], {file, n}); }
};
Result<CutSnapshot, SnapshotError> cut_snapshot(Bytes bytes);

}  // namespace torq::swarm
