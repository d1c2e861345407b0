// SPDX-License-Identifier: MIT
// The bytes of a snapshot by themselves; stores write and read them in snapshot_test.cpp.

#include "torq/swarm/snapshot_format.hpp"

#include <gtest/gtest.h>

#include "torq/swarm/peer_clock.hpp"

namespace torq::swarm {
namespace {

using namespace std::chrono_literals;

SnapshotClock clock_at(Duration unix_time, Duration since_boot, std::uint8_t boot) {
  return {unix_time, since_boot, {std::byte{boot}}};
}

const SnapshotHeader kHeader{37500us, clock_at(1'800'000'000s, 5000s, 7)};
const SocketAddress kV4 = parse_socket_address("192.0.2.1:6881").value();
const SocketAddress kV6 = parse_socket_address("[2001:db8::1]:443").value();

class SnapshotBytes {
 public:
  SnapshotBytes() : bytes_(copy_of(encode_header(kHeader))) {}

  SnapshotBytes& block(const std::vector<PeerRecord>& peers, SwarmTail tail = {}) {
    std::vector<std::byte> block(kBlockPrefix);
    RecordWriter writer(block);
    writer.begin({{std::byte{9}}}, tail);
    for (const PeerRecord& peer : peers) {
      const Bytes ip = peer.address.ip.bytes();
      std::vector<std::byte> address(ip.begin(), ip.end());
      address.push_back(static_cast<std::byte>(peer.address.port >> 8));
      address.push_back(static_cast<std::byte>(peer.address.port));
      writer.add(address, peer.mark);
    }
    writer.end();
    seal_block(block, 1500us, {file_of(encode_header(kHeader)), number_++});
    bytes_.insert(bytes_.end(), block.begin(), block.end());
    return *this;
  }
  std::vector<std::byte> end() { return block({}).bytes_; }

 private:
  static std::vector<std::byte> copy_of(const EncodedHeader& header) { return {header.begin(), header.end()}; }

  std::vector<std::byte> bytes_;
  std::uint64_t number_ = 0;
};

/// What is wrong with it, or nothing.
std::optional<SnapshotError> fault_of(Bytes bytes) {
  const auto cut = cut_snapshot(bytes);
  if (!cut) return cut.error();
  for (std::size_t n = 0; n < cut->blocks.size(); ++n) {
    if (const auto block = cut->block(n); !block) return block.error();
  }
  return {};
}

std::vector<std::byte> small_snapshot() {
  return SnapshotBytes().block({{kV4, {17, true, false}}, {kV6, {4000, false, true}}}, {5, 3}).block({}, {1, 0}).end();
}

TEST(SnapshotFormat, IsReadAsItWasWritten) {
  const auto bytes = small_snapshot();

  const auto cut = cut_snapshot(bytes);

  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->header, kHeader);
  ASSERT_EQ(cut->blocks.size(), 3u);
  auto block = cut->block(0).value();
  EXPECT_EQ(block.elapsed, 2ms);
  const SwarmRecord record = block.take_record();
  EXPECT_TRUE(block.is_end());
  EXPECT_EQ(record.info_hash, (InfoHash{{std::byte{9}}}));
  EXPECT_EQ(record.tail.downloaded, 5u);
  EXPECT_EQ(record.tail.idle_passes, 3u);
  ASSERT_EQ(record.size(), 2u);
  EXPECT_EQ(record.peer(0).address, kV4);
  EXPECT_TRUE(record.peer(0).mark.age == 17 && record.peer(0).mark.completed && !record.peer(0).mark.leecher);
  EXPECT_EQ(record.peer(1).address, kV6);
  EXPECT_TRUE(record.peer(1).mark.age == 4000 && !record.peer(1).mark.completed && record.peer(1).mark.leecher);
}

// What was written once must be read for ever, or the version must change.
TEST(SnapshotFormat, IsWhatItWas) {
  EXPECT_EQ(small_snapshot().size(), 60u + (16 + 32 + 8 + 20) + (16 + 32) + 16);
  EXPECT_EQ(file_of(small_snapshot()), 12535770987227502969u);
}

TEST(SnapshotFormat, EveryTruncationIsFound) {
  const auto bytes = small_snapshot();
  ASSERT_FALSE(fault_of(bytes));

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(fault_of(Bytes(bytes).first(size)), SnapshotError::kTruncated) << size;
  }
}

TEST(SnapshotFormat, EveryChangedBitIsFound) {
  auto bytes = small_snapshot();

  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
    EXPECT_TRUE(fault_of(bytes)) << "byte " << bit / 8;
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
  }
}

TEST(SnapshotFormat, NothingMayFollowTheEnd) {
  auto bytes = small_snapshot();
  bytes.push_back({});

  EXPECT_EQ(fault_of(bytes), SnapshotError::kTrailing);
}

TEST(SnapshotFormat, BlocksInAnotherOrderAreDamage) {
  auto bytes = SnapshotBytes().block({{kV4, {1, false, false}}}).block({{kV4, {2, false, false}}}).end();
  const auto first = bytes.begin() + SnapshotHeader::kSize;
  const auto size = static_cast<std::ptrdiff_t>(cut_snapshot(bytes)->blocks[0].size());

  std::swap_ranges(first, first + size, first + size);

  EXPECT_EQ(fault_of(bytes), SnapshotError::kDamaged);
}

TEST(SnapshotFormat, PeersThatNoStoreHoldsAreRefusedInSpiteOfAGoodSum) {
  const SocketAddress no_port{kV6.ip, 0};

  EXPECT_EQ(fault_of(SnapshotBytes().block({{no_port, {}}}).end()), SnapshotError::kMalformed);
  EXPECT_EQ(fault_of(SnapshotBytes().block({{kV4, {kLifetimeTicks + 1, false, false}}}).end()),
            SnapshotError::kMalformed);
}

TEST(SnapshotFormat, ATickThatNoStoreHasIsRefused) {
  for (const Duration tick : {Duration(0), Duration(-1), Duration(2h)}) {
    EXPECT_EQ(parse_header(encode_header({tick, {}})).error(), SnapshotError::kMalformed);
  }
}

TEST(SnapshotClock, TheTimeSinceBootBeatsAWallClockThatWasSet) {
  const SnapshotClock then = clock_at(1000s, 50s, 1);

  EXPECT_EQ(time_between(then, clock_at(1010s, 60s, 1), 100s), 10s);
  EXPECT_EQ(time_between(then, clock_at(999'999s, 60s, 1), 100s), 10s);
  EXPECT_EQ(time_between(then, clock_at(1s, 60s, 1), 100s), 10s);
}

TEST(SnapshotClock, AfterARebootTheWallClockHasToDo) {
  const SnapshotClock then = clock_at(1000s, 5000s, 1);

  EXPECT_EQ(time_between(then, clock_at(1060s, 20s, 2), 100s), 60s);
  EXPECT_EQ(time_between(then, clock_at(999'999s, 20s, 2), 100s), 998'999s);
}

TEST(SnapshotClock, ASmallStepBackIsNoTimeAndALargeOneTellsNothing) {
  const SnapshotClock then = clock_at(1000s, 5000s, 1);

  EXPECT_EQ(time_between(then, clock_at(950s, 20s, 2), 100s), 0s);
  EXPECT_EQ(time_between(then, clock_at(900s, 20s, 2), 100s), std::nullopt);
}

TEST(SnapshotClock, AnUnknownBootIsNoSameBoot) {
  EXPECT_EQ(time_between(clock_at(1000s, 50s, 0), clock_at(1010s, 51s, 0), 100s), 10s);
}

TEST(SnapshotClock, AbsurdTimesTellNothing) {
  EXPECT_EQ(time_between(clock_at(Duration::min(), 0s, 1), clock_at(10s, 0s, 2), 100s), std::nullopt);
  EXPECT_EQ(time_between(clock_at(Duration::max(), 0s, 1), clock_at(10s, 0s, 2), 100s), std::nullopt);
}

}  // namespace
}  // namespace torq::swarm
