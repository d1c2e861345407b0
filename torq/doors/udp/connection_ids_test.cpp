// SPDX-License-Identifier: MIT
#include "torq/doors/udp/connection_ids.hpp"

#include <gtest/gtest.h>

namespace torq::doors::udp {
namespace {

using namespace std::chrono_literals;
using wire::UdpConnectionId;

constexpr Duration kUnixTime = std::chrono::seconds(1'800'000'000);  // a multiple of the epoch
constexpr SipKey kKey{{1, 2}};
constexpr Instant kStart{};

IpAddress ip(std::string_view text) { return parse_ip(text).value(); }

TEST(ConnectionIds, LeaveTheBitsOfQuicClear) {
  const ConnectionIds ids(kKey, kUnixTime);

  std::uint64_t seen = 0;
  for (int i = 0; i < 1000; ++i) {
    seen |= static_cast<std::uint64_t>(ids.issue(kStart + i * ConnectionIds::kEpoch, ip("192.0.2.1")));
  }

  EXPECT_EQ(seen, wire::kUdpConnectionIdBits);
}

TEST(ConnectionIds, AreGoodForTwoToFourMinutes) {
  const ConnectionIds ids(kKey, kUnixTime);
  const IpAddress client = ip("192.0.2.1");
  const UdpConnectionId early = ids.issue(kStart, client), late = ids.issue(kStart + 119s, client);

  EXPECT_EQ(early, late);
  EXPECT_TRUE(ids.accepts(kStart + 120s, client, late));
  EXPECT_TRUE(ids.accepts(kStart + 239s, client, early));
  EXPECT_FALSE(ids.accepts(kStart + 240s, client, late));
  EXPECT_FALSE(ids.accepts(kStart - 1s, client, early)) << "from the future";
}

TEST(ConnectionIds, BelongToOneAddress) {
  const ConnectionIds ids(kKey, kUnixTime);
  const std::vector<IpAddress> all = {ip("192.0.2.1"), ip("192.0.2.2"), ip("2001:db8::1"), ip("2001:db8::2"),
                                      ip("c000:201::")};

  for (const IpAddress& owner : all) {
    for (const IpAddress& other : all) {
      EXPECT_EQ(ids.accepts(kStart, other, ids.issue(kStart, owner)), owner == other);
    }
  }
}

TEST(ConnectionIds, AreTakenByEveryoneWithTheKeyAlsoAfterARestart) {
  const ConnectionIds before(kKey, kUnixTime), after(kKey, kUnixTime + 30s), foreign(SipKey{{1, 3}}, kUnixTime);
  const IpAddress client = ip("192.0.2.1");

  const UdpConnectionId id = before.issue(kStart + 30s, client);

  EXPECT_TRUE(after.accepts(kStart, client, id));
  EXPECT_FALSE(foreign.accepts(kStart + 30s, client, id));
}

}  // namespace
}  // namespace torq::doors::udp
