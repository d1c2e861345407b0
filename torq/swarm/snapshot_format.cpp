// SPDX-License-Identifier: MIT
#include "torq/swarm/snapshot_format.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "torq/swarm/peer_clock.hpp"
#include "torq/swarm/siphash.hpp"

namespace torq::swarm {
namespace {

constexpr std::string_view kMagic = "torqswrm";
constexpr std::uint32_t kVersion = 1;
constexpr SipKey kHeaderKey{{0x746f72712d736e61, 0x70736f7400000001}};

constexpr Duration kLongestTick = std::chrono::hours(1);
constexpr Duration kLatestTime{std::numeric_limits<std::int64_t>::max() / 2};  // differences of two still fit

constexpr std::size_t kRecordPrefix = 32, kV4Size = 8, kV6Size = 20;
constexpr unsigned kIdleBits = 6;

template <class Unsigned>
void put(std::byte* to, Unsigned value) {
  for (std::size_t i = sizeof(Unsigned); i-- > 0; value = static_cast<Unsigned>(value >> 8)) {
    to[i] = static_cast<std::byte>(value);
  }
}

template <class Unsigned>
Unsigned get(Bytes bytes, std::size_t at) {
  Unsigned value = 0;
  for (const std::byte byte : bytes.subspan(at, sizeof(Unsigned))) {
    value = static_cast<Unsigned>(static_cast<Unsigned>(value << 8) | std::to_integer<Unsigned>(byte));
  }
  return value;
}

void put_time(std::byte* to, Duration time) { put(to, static_cast<std::uint64_t>(time.count())); }
Duration get_time(Bytes bytes, std::size_t at) {
  return Duration(static_cast<std::int64_t>(get<std::uint64_t>(bytes, at)));
}

bool is_sane(Duration time) { return time >= Duration::zero() && time <= kLatestTime; }

bool is_known(const SnapshotClock& clock) {
  return std::ranges::any_of(clock.boot_id, [](std::byte b) { return b != std::byte{0}; });
}

std::uint64_t sum_of_block(Bytes bytes, BlockId id) { return siphash(SipKey{{id.file, id.number}}, bytes); }

std::size_t size_of_peers(std::size_t v4, std::size_t v6) { return v4 * kV4Size + v6 * kV6Size; }

bool is_good_peer(Bytes peer) {
  const auto mark = get<std::uint16_t>(peer, peer.size() - 2);
  const auto port = get<std::uint16_t>(peer, peer.size() - 4);
  return port != 0 && mark >> 2 <= kLifetimeTicks;
}

bool are_good_peers(Bytes peers, std::size_t size) {
  for (; !peers.empty(); peers = peers.subspan(size)) {
    if (!is_good_peer(peers.first(size))) return false;
  }
  return true;
}

/// Bytes of the first record, or nothing when it is none.
std::optional<std::size_t> check_record(Bytes records) {
  if (records.size() < kRecordPrefix) return {};
  const std::size_t v4 = get<std::uint32_t>(records, 24), v6 = get<std::uint32_t>(records, 28);
  const std::size_t size = size_of_peers(v4, v6);
  if (records.size() - kRecordPrefix < size) return {};
  const Bytes peers = records.subspan(kRecordPrefix, size);
  const Bytes v4_peers = peers.first(v4 * kV4Size);
  if (!are_good_peers(v4_peers, kV4Size) || !are_good_peers(peers.subspan(v4_peers.size()), kV6Size)) return {};
  return kRecordPrefix + size;
}

/// Of the block that `bytes` begin with.
Result<std::size_t, SnapshotError> block_size(Bytes bytes) {
  if (bytes.size() < kBlockPrefix) return Failure(SnapshotError::kTruncated);
  const std::size_t records = get<std::uint32_t>(bytes, 0);
  if (records > kMaxRecordBytes) return Failure(SnapshotError::kDamaged);
  const std::size_t size = kBlockPrefix + records + kBlockSuffix;
  if (bytes.size() < size) return Failure(SnapshotError::kTruncated);
  return size;
}

template <std::size_t N>
std::array<std::byte, N> copy(Bytes bytes) {
  std::array<std::byte, N> array;
  std::ranges::copy(bytes.first(N), array.begin());
  return array;
}

}  // namespace

std::string_view text_of(SnapshotError error) {
  switch (error) {
    case SnapshotError::kNoSnapshot:
      return "it is no snapshot of swarms";
    case SnapshotError::kOtherVersion:
      return "it is of another version of torq";
    case SnapshotError::kTruncated:
      return "its end is missing";
    case SnapshotError::kDamaged:
      return "a checksum is wrong";
    case SnapshotError::kMalformed:
      return "it holds what no server writes";
    case SnapshotError::kTrailing:
      return "there is more behind its end";
  }
  return "";
}

std::optional<Duration> time_between(const SnapshotClock& then, const SnapshotClock& now, Duration tolerance) {
  const bool same_boot = is_known(now) && then.boot_id == now.boot_id;
  const Duration from = same_boot ? then.since_boot : then.unix_time, to = same_boot ? now.since_boot : now.unix_time;
  if (!is_sane(from) || !is_sane(to) || from - to >= tolerance) return {};
  return std::max(to - from, Duration::zero());
}

EncodedHeader encode_header(const SnapshotHeader& header) {
  EncodedHeader bytes;
  std::ranges::copy(as_bytes(kMagic), bytes.begin());
  put(&bytes[8], kVersion);
  put_time(&bytes[12], header.tick);
  put_time(&bytes[20], header.clock.unix_time);
  put_time(&bytes[28], header.clock.since_boot);
  std::ranges::copy(header.clock.boot_id, &bytes[36]);
  put(&bytes[52], siphash(kHeaderKey, Bytes(bytes).first(52)));
  return bytes;
}

Result<SnapshotHeader, SnapshotError> parse_header(Bytes bytes) {
  if (as_text(bytes.first(std::min(bytes.size(), kMagic.size()))) != kMagic.substr(0, bytes.size()))
    return Failure(SnapshotError::kNoSnapshot);
  if (bytes.size() < SnapshotHeader::kSize) return Failure(SnapshotError::kTruncated);
  if (get<std::uint32_t>(bytes, 8) != kVersion) return Failure(SnapshotError::kOtherVersion);
  if (get<std::uint64_t>(bytes, 52) != siphash(kHeaderKey, bytes.first(52))) return Failure(SnapshotError::kDamaged);
  SnapshotHeader header;
  header.tick = get_time(bytes, 12);
  header.clock = {get_time(bytes, 20), get_time(bytes, 28), copy<16>(bytes.subspan(36))};
  if (header.tick <= Duration::zero() || header.tick > kLongestTick) return Failure(SnapshotError::kMalformed);
  return header;
}

std::uint64_t file_of(Bytes header) { return get<std::uint64_t>(header, 52); }

void seal_block(std::vector<std::byte>& block, Duration elapsed, BlockId id) {
  const std::size_t size = block.size();
  assert(size >= kBlockPrefix && size - kBlockPrefix <= kMaxRecordBytes);
  // Rounded up: a peer may seem younger than it is, never older.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(elapsed).count();
  put(&block[0], static_cast<std::uint32_t>(size - kBlockPrefix));
  put(&block[4], static_cast<std::uint32_t>(std::clamp<std::int64_t>(ms, 0, 0xffffffff)));
  block.resize(size + kBlockSuffix);
  put(&block[size], sum_of_block(Bytes(block).first(size), id));
}

void RecordWriter::begin(const InfoHash& info_hash, SwarmTail tail) {
  start_ = into_.size();
  v4_ = v6_ = 0;
  into_.resize(start_ + kRecordPrefix);
  std::ranges::copy(info_hash.bytes, &into_[start_]);
  put(&into_[start_ + 20], static_cast<std::uint32_t>(tail.downloaded << kIdleBits | tail.idle_passes));
}

void RecordWriter::add(Bytes address, PeerMark mark) {
  const bool is_v4 = address.size() == kV4Size - 2;
  assert(is_v4 ? v6_ == 0 : address.size() == kV6Size - 2);
  ++(is_v4 ? v4_ : v6_);
  const std::size_t at = into_.size();
  into_.resize(at + address.size() + 2);
  std::ranges::copy(address, &into_[at]);
  put(&into_[at + address.size()],
      static_cast<std::uint16_t>(mark.age << 2 | (mark.completed ? 2 : 0) | (mark.leecher ? 1 : 0)));
}

void RecordWriter::end() {
  const bool is_void = v4_ == 0 && v6_ == 0 && get<std::uint32_t>(into_, start_ + 20) >> kIdleBits == 0;
  if (is_void) return into_.resize(start_);
  put(&into_[start_ + 24], v4_);
  put(&into_[start_ + 28], v6_);
}

PeerRecord SwarmRecord::peer(std::size_t n) const {
  const bool is_v4 = n < v4;
  const Bytes bytes = peers.subspan(is_v4 ? n * kV4Size : size_of_peers(v4, n - v4), is_v4 ? kV4Size : kV6Size);
  const IpAddress ip = is_v4 ? IpAddress::v4(copy<4>(bytes)) : IpAddress::v6(copy<16>(bytes));
  const unsigned mark = get<std::uint16_t>(bytes, bytes.size() - 2);
  return {{ip, get<std::uint16_t>(bytes, bytes.size() - 4)}, {mark >> 2, (mark & 2) != 0, (mark & 1) != 0}};
}

SwarmRecord SnapshotBlock::take_record() {
  SwarmRecord record;
  record.info_hash.bytes = copy<20>(records);
  const auto tail = get<std::uint32_t>(records, 20);
  record.tail = {tail >> kIdleBits, tail & ((1u << kIdleBits) - 1)};
  record.v4 = get<std::uint32_t>(records, 24);
  record.v6 = get<std::uint32_t>(records, 28);
  record.peers = records.subspan(kRecordPrefix, size_of_peers(record.v4, record.v6));
  records = records.subspan(kRecordPrefix + record.peers.size());
  return record;
}

Result<SnapshotBlock, SnapshotError> parse_block(Bytes bytes, BlockId id) {
  const auto size = block_size(bytes);
  if (!size) return Failure(size.error());
  const Bytes covered = bytes.first(*size - kBlockSuffix);
  if (get<std::uint64_t>(bytes, covered.size()) != sum_of_block(covered, id)) return Failure(SnapshotError::kDamaged);
  const SnapshotBlock block{std::chrono::milliseconds(get<std::uint32_t>(bytes, 4)), covered.subspan(kBlockPrefix)};
  for (Bytes rest = block.records; !rest.empty();) {
    const auto record = check_record(rest);
    if (!record) return Failure(SnapshotError::kMalformed);
    rest = rest.subspan(*record);
  }
  return block;
}

Result<CutSnapshot, SnapshotError> cut_snapshot(Bytes bytes) {
  const auto header = parse_header(bytes);
  if (!header) return Failure(header.error());
  CutSnapshot cut{*header, file_of(bytes), {}};
  bytes = bytes.subspan(SnapshotHeader::kSize);
  for (bool is_end = false; !is_end;) {
    const auto size = block_size(bytes);
    if (!size) return Failure(size.error());
    cut.blocks.push_back(bytes.first(*size));
    bytes = bytes.subspan(*size);
    is_end = *size == kBlockPrefix + kBlockSuffix;
  }
  if (!bytes.empty()) return Failure(SnapshotError::kTrailing);
  return cut;
}

}  // namespace torq::swarm
