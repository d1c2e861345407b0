// SPDX-License-Identifier: MIT
#include "torq/quic/connection_id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "torq/quic/invariants.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::quic {
namespace {

using Datagram = std::vector<std::byte>;

Datagram bytes(std::initializer_list<int> values, std::size_t padding = 0) {
  Datagram out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  out.resize(out.size() + padding, std::byte{0x55});
  return out;
}

Datagram short_header(const ConnectionId& id) {
  Datagram out = bytes({0x40});
  out.insert(out.end(), id.bytes().begin(), id.bytes().end());
  out.resize(out.size() + 30);
  return out;
}

Datagram long_header(std::size_t destination_length, std::size_t source_length) {
  Datagram out = bytes({0xc0, 0, 0, 0, 1, static_cast<int>(destination_length)});
  out.resize(out.size() + destination_length, std::byte{0xaa});
  out.push_back(static_cast<std::byte>(source_length));
  out.resize(out.size() + source_length, std::byte{0xbb});
  return out;
}

TEST(ConnectionId, NamesItsWorkerForEveryCountOfWorkers) {
  SeededEntropy entropy(1);
  for (unsigned count = 1; count <= 64; ++count) {
    for (unsigned index = 0; index < count; ++index) {
      const ConnectionId id = make_connection_id(entropy, kServerCidLength, {index, count});

      EXPECT_EQ(id.bytes().size(), kServerCidLength);
      EXPECT_EQ(worker_named_by(short_header(id), count), index);
    }
  }
}

TEST(ConnectionId, UsesEveryValueOfTheByteThatNamesTheWorker) {
  SeededEntropy entropy(2);
  std::set<std::byte> seen;
  for (int i = 0; i < 10'000; ++i) {
    for (unsigned index = 0; index < 3; ++index) {
      seen.insert(make_connection_id(entropy, kServerCidLength, {index, 3}).bytes()[0]);
    }
  }

  EXPECT_GE(seen.size(), 255U);  // 255 = 85 x 3 + 0: the value 255 names worker 0 alone
}

TEST(ConnectionId, DiffersByLengthAlone) {
  const auto zeros = bytes({}, 0);
  const ConnectionId eight(bytes({0, 0, 0, 0, 0, 0, 0, 0}));
  const ConnectionId nine(bytes({0, 0, 0, 0, 0, 0, 0, 0, 0}));

  EXPECT_NE(eight, nine);
  EXPECT_NE(ConnectionId(zeros), eight);
  EXPECT_NE(ConnectionIdHash{7}(eight), ConnectionIdHash{7}(nine));
}

TEST(ConnectionId, HashesDifferentlyUnderAnotherKey) {
  const ConnectionId id(bytes({1, 2, 3, 4, 5, 6, 7, 8}));

  EXPECT_NE(ConnectionIdHash{1}(id), ConnectionIdHash{2}(id));
}

TEST(WorkerNamedBy, IsNobodyForDestinationsOfOtherLengths) {
  EXPECT_EQ(worker_named_by(long_header(8, 8), 4), std::nullopt);
  EXPECT_EQ(worker_named_by(long_header(20, 8), 4), std::nullopt);
  EXPECT_EQ(worker_named_by(long_header(12, 8), 4), 0xaaU % 4);
}

TEST(WorkerNamedBy, IsNobodyForAnythingTooShort) {
  const Datagram whole = long_header(12, 8);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(worker_named_by(Bytes(whole).first(size), 4), std::nullopt) << size;
  }
  EXPECT_EQ(worker_named_by(bytes({0x40}, 11), 4), std::nullopt);
  EXPECT_EQ(worker_named_by(bytes({0x40}, 12), 4), 0x55U % 4);
}

TEST(Invariants, AreTheSameForEveryVersion) {
  Datagram datagram = bytes({0x80, 0xfa, 0xce, 0xb0, 0x0c, 255}, 255);
  datagram.push_back(std::byte{2});
  datagram.push_back(std::byte{7});
  datagram.push_back(std::byte{8});

  const auto header = parse_invariants(datagram, 12);

  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_long);
  EXPECT_EQ(header->version, 0xfaceb00cU);
  EXPECT_EQ(header->destination.size(), 255U);
  EXPECT_EQ(header->source.size(), 2U);
  EXPECT_EQ(header->source[1], std::byte{8});
}

TEST(Invariants, OfAShortHeaderAreADestinationOfTheLengthThatIsOurs) {
  const Datagram datagram = bytes({0x40, 1, 2, 3, 4});

  const auto header = parse_invariants(datagram, 3);

  ASSERT_TRUE(header);
  EXPECT_FALSE(header->is_long);
  EXPECT_EQ(header->destination.size(), 3U);
  EXPECT_EQ(header->destination[2], std::byte{3});
}

TEST(Invariants, AreOfQuicWhenOneOfTheTwoTopBitsIsSet) {
  EXPECT_FALSE(could_be_quic({}));
  for (unsigned first = 0; first < 256; ++first) {
    EXPECT_EQ(could_be_quic(bytes({static_cast<int>(first)}, 20)), first >= 0x40) << first;
  }
}

TEST(Invariants, AreAbsentFromEveryTruncation) {
  const Datagram whole = long_header(5, 6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_invariants(Bytes(whole).first(size), 12)) << size;
  }
  EXPECT_TRUE(parse_invariants(whole, 12));
}

}  // namespace
}  // namespace torq::quic
