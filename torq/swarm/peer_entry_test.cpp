// SPDX-License-Identifier: MIT
#include "torq/swarm/peer_entry.hpp"

#include <gtest/gtest.h>

namespace torq::swarm {
namespace {

TEST(PeerEntry, GivesBackTheAddressItWasMadeOf) {
  for (const char* text : {"0.0.0.0:0", "1.2.3.4:5", "255.254.253.252:65535", "10.0.0.1:256"}) {
    const SocketAddress peer = parse_socket_address(text).value();
    EXPECT_EQ(V4Entry(peer, Tick(0), false).address(), peer);
  }
  for (const char* text : {"[::1]:1", "[2001:db8:1:2:3:4:5:6]:65535", "[ffff::]:256"}) {
    const SocketAddress peer = parse_socket_address(text).value();
    EXPECT_EQ(V6Entry(peer, Tick(0), false).address(), peer);
  }
}

TEST(PeerEntry, OfAnyPeerAtAnyTickIsNotVacant) {
  EXPECT_FALSE(V4Entry().is_occupied());
  EXPECT_TRUE(V4Entry(SocketAddress{}, Tick(0), false).is_occupied());
}

TEST(PeerEntry, KeepsTickAndCompletedApart) {
  const SocketAddress peer = parse_socket_address("1.2.3.4:5").value();
  for (const TickCount tick : {0, 1, 4000, 8191, 8192, 16383, 16384, 1'000'000}) {
    for (const bool completed : {false, true}) {
      const V4Entry entry(peer, Tick(tick), completed);
      EXPECT_EQ(entry.has_completed(), completed);
      EXPECT_FALSE(entry.is_over(Tick(tick + kLifetimeTicks)));
      EXPECT_TRUE(entry.is_over(Tick(tick + kLifetimeTicks + 1)));
    }
  }
}

TEST(PeerEntry, IsTheSamePeerWhateverIsKnownOfIt) {
  const SocketAddress peer = parse_socket_address("1.2.3.4:5").value();
  const SocketAddress other_port{peer.ip, 6};

  EXPECT_TRUE(V4Entry(peer, Tick(1), false).is_same_peer(V4Entry(peer, Tick(2), true)));
  EXPECT_FALSE(V4Entry(peer, Tick(1), false).is_same_peer(V4Entry(other_port, Tick(1), false)));
}

}  // namespace
}  // namespace torq::swarm
