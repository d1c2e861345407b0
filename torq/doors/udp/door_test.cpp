// SPDX-License-Identifier: MIT
#include "torq/doors/udp/door.hpp"

#include <gtest/gtest.h>

#include "torq/swarm/memory_store.hpp"

namespace torq::doors::udp {
namespace {

using tracker::AnnounceEvent;
using wire::UdpAction;
using wire::UdpConnectionId;
using wire::UdpHeader;
using wire::UdpReply;

constexpr wire::UdpTransaction kTransaction{0xcafe};
constexpr Duration kUnixNow = std::chrono::seconds(1'800'000'000);

SocketAddress address(std::string_view text) { return parse_socket_address(text).value(); }

/// A door over an empty store, and packets from 192.0.2.1:1000 unless another client is named.
class UdpDoorTest : public testing::Test {
 protected:
  using Packet = std::vector<std::byte>;

  static Packet packet(const auto& write) {
    Packet bytes(wire::kUdpMaxRequest);
    bytes.resize(write(std::span(bytes)));
    return bytes;
  }
  static Packet connect() {
    return packet([](auto out) { return wire::encode_udp_connect(out, kTransaction); });
  }
  UdpHeader header(UdpAction action, const SocketAddress& client) {
    return {ids_.issue(now_, client.ip), action, kTransaction};
  }
  static tracker::Announce leeching(std::uint16_t port) {
    tracker::Announce announce;
    announce.port = port;
    announce.left = 1;
    return announce;
  }
  Packet announce_packet(const tracker::Announce& announce, const SocketAddress& client) {
    const wire::UdpAnnounce request{announce, {}, 0, {}};
    return packet([&](auto out) {
      return wire::encode_udp_announce(out, header(UdpAction::kAnnounce, client), request, "/announce");
    });
  }
  Packet scrape_packet(std::span<const InfoHash> hashes) {
    return packet([&](auto out) { return wire::encode_udp_scrape(out, header(UdpAction::kScrape, client_), hashes); });
  }

  /// Empty when the door is silent.
  Packet send(Bytes request, const SocketAddress& client) {
    Packet room(wire::kUdpMaxAnswer);
    room.resize(door_.answer(now_, client, request, net::DatagramApplication::Room(room)));
    return room;
  }
  Packet send(Bytes request) { return send(request, client_); }

  template <class T>
  T ask(Bytes request, const SocketAddress& client) {
    last_ = send(request, client);
    const auto reply = wire::parse_udp_reply(last_, client.ip.family()).value();
    EXPECT_EQ(reply.transaction, kTransaction);
    return std::get<T>(reply.what);
  }
  tracker::AnnounceReply announce(const tracker::Announce& what, const SocketAddress& client) {
    return ask<tracker::AnnounceReply>(announce_packet(what, client), client);
  }
  std::string_view refusal(Bytes request) { return ask<wire::UdpErrorReply>(request, client_).text; }

  Instant now_{std::chrono::hours(1)};
  SocketAddress client_ = address("192.0.2.1:1000");
  swarm::MemoryStore store_{{}, std::chrono::minutes(10)};
  tracker::Tracker tracker_{store_, {}};
  ConnectionIds ids_{SipKey{{3, 4}}, kUnixNow};
  Door door_{tracker_, ids_, 1};
  Packet last_;
};

TEST_F(UdpDoorTest, AnswersAConnectWithExactly16Bytes) {
  Packet longer = connect();
  longer.resize(100);

  const auto id = ask<wire::UdpConnectReply>(connect(), client_).connection;

  EXPECT_EQ(id, ids_.issue(now_, client_.ip));
  EXPECT_EQ(last_.size(), 16U);
  EXPECT_EQ(send(longer), last_);
}

TEST_F(UdpDoorTest, IsSilentToWhatNoClientSends) {
  Packet magicless = connect();
  magicless[7] = std::byte{0};
  Packet unknown_action = scrape_packet({});
  unknown_action[11] = std::byte{4};
  const Packet whole = announce_packet(leeching(6881), client_);

  EXPECT_TRUE(send(magicless).empty());
  EXPECT_TRUE(send(unknown_action).empty());
  EXPECT_TRUE(send(connect(), address("192.0.2.1:0")).empty());
  for (std::size_t size = 0; size < wire::kUdpHeaderSize; ++size) {
    EXPECT_TRUE(send(Bytes(whole).first(size)).empty()) << size;
    EXPECT_TRUE(send(Bytes(connect()).first(size)).empty()) << size;
  }
}

TEST_F(UdpDoorTest, ForeseesWhateverComesAndChangesNothing) {
  const Packet announce = announce_packet(leeching(6881), client_), longer(1400, std::byte{1});
  std::vector<Bytes> packets(100, announce);
  packets.push_back({});
  packets.push_back(longer);
  for (std::size_t size = 0; size < announce.size(); ++size) packets.push_back(Bytes(announce).first(size));

  door_.foresee(packets);

  EXPECT_EQ(store_.figures().peers, 0U);
  EXPECT_EQ(store_.figures().swarms, 0U);
  EXPECT_EQ(door_.counts().announces + door_.counts().ignored, 0U);
}

TEST_F(UdpDoorTest, IsSilentToAWrongConnectionIdAndRegistersNobody) {
  const Packet foreign = announce_packet(leeching(6881), address("192.0.2.2:1000"));
  Packet errors = scrape_packet({});  // its right answer would be an error
  errors[0] ^= std::byte{1};

  EXPECT_TRUE(send(foreign).empty());
  EXPECT_TRUE(send(errors).empty());
  EXPECT_EQ(store_.figures().peers, 0U);
}

TEST_F(UdpDoorTest, TakesAConnectionIdFromAnyPortUntilItIsOld) {
  const Packet request = announce_packet(leeching(6881), client_);

  EXPECT_FALSE(send(request, address("192.0.2.1:2000")).empty());
  now_ += 2 * ConnectionIds::kEpoch;
  EXPECT_TRUE(send(request).empty());
}

TEST_F(UdpDoorTest, AnnouncesInEachFamilyItsOwnPeers) {
  const SocketAddress v6 = address("[2001:db8::1]:1000"), other_v6 = address("[2001:db8::2]:1000");
  announce(leeching(1), client_);
  announce(leeching(2), v6);

  const auto in_v4 = announce(leeching(3), address("192.0.2.2:1000"));
  const auto in_v6 = announce(leeching(4), other_v6);

  EXPECT_EQ(in_v4.peers, std::vector{address("192.0.2.1:1")});
  EXPECT_EQ(in_v6.peers, std::vector{address("[2001:db8::1]:2")});
  EXPECT_EQ(in_v6.incomplete, 4U);
  EXPECT_EQ(last_.size(), 20U + 18U);
}

TEST_F(UdpDoorTest, AnswersWithAsManyOfItsFamilyAsWereAskedFor) {
  for (std::uint16_t port = 1; port <= 40; ++port) {
    announce(leeching(port), client_);
    announce(leeching(port), address("[2001:db8::1]:1000"));
  }
  tracker::Announce asker = leeching(41);
  asker.numwant = 30;

  EXPECT_EQ(announce(asker, client_).peers.size(), 30U);
  EXPECT_EQ(announce(asker, address("[2001:db8::2]:1000")).peers.size(), 30U);
}

TEST_F(UdpDoorTest, RefusesPort0ButOfThoseWhoLeave) {
  tracker::Announce stopped = leeching(0);
  stopped.event = AnnounceEvent::kStopped;

  EXPECT_NE(refusal(announce_packet(leeching(0), client_)).find("port"), std::string::npos);
  EXPECT_EQ(announce(stopped, client_).peers.size(), 0U);
  EXPECT_EQ(store_.figures().peers, 0U);
}

TEST_F(UdpDoorTest, TellsAProvenClientWhatIsWrong) {
  const Packet whole = announce_packet(leeching(6881), client_);
  const InfoHash hash;
  Packet ragged = scrape_packet(std::span(&hash, 1));
  ragged.pop_back();

  EXPECT_NE(refusal(Bytes(whole).first(97)).find("98 bytes"), std::string::npos);
  EXPECT_NE(refusal(ragged).find("20 bytes"), std::string::npos);
  EXPECT_NE(refusal(scrape_packet({})).find("1 to 74"), std::string::npos);
}

TEST_F(UdpDoorTest, FillsNoMoreThanADatagram) {
  for (std::uint16_t port = 1; port <= 300; ++port) {
    announce(leeching(port), client_);
    announce(leeching(port), address("[2001:db8::1]:1"));
  }
  tracker::Announce greedy = leeching(1000);
  greedy.numwant = 1'000'000;

  announce(greedy, client_);
  EXPECT_LE(last_.size(), wire::kUdpMaxAnswer);
  EXPECT_EQ((last_.size() - 20) % 6, 0U);
  announce(greedy, address("[2001:db8::2]:1"));
  EXPECT_LE(last_.size(), wire::kUdpMaxAnswer);
  EXPECT_EQ((last_.size() - 20) % 18, 0U);
  greedy.numwant = 0;
  EXPECT_TRUE(announce(greedy, client_).peers.empty());
}

TEST_F(UdpDoorTest, ScrapesInOrderUpTo74WithZerosForTheUnknown) {
  announce(leeching(1), client_);
  std::vector<InfoHash> hashes(80);
  for (std::size_t i = 0; i < hashes.size(); ++i) hashes[i].bytes[0] = static_cast<std::byte>(i);
  Packet request = scrape_packet(std::span(hashes).first(74));
  for (const InfoHash& hash : std::span(hashes).subspan(74)) {
    request.insert(request.end(), hash.bytes.begin(), hash.bytes.end());
  }

  const auto counts = ask<std::vector<tracker::SwarmCounts>>(request, client_);

  ASSERT_EQ(counts.size(), 74U);
  EXPECT_EQ(counts[0], (tracker::SwarmCounts{0, 0, 1}));
  for (std::size_t i = 1; i < counts.size(); ++i) EXPECT_EQ(counts[i], tracker::SwarmCounts{});
}

TEST_F(UdpDoorTest, AnswersARetransmissionLikeTheFirst) {
  tracker::Announce completed = leeching(1);
  completed.left = 0;
  completed.event = AnnounceEvent::kCompleted;
  const Packet request = announce_packet(completed, client_);

  EXPECT_EQ(send(request), send(request));
  EXPECT_EQ(tracker_.scrape(now_, {}), (tracker::SwarmCounts{1, 1, 0}));
}

TEST_F(UdpDoorTest, BelievesAForeignAddressFromNobodyOnTheInternet) {
  tracker::Announce poison = leeching(80);
  poison.ip = address("203.0.113.1:1").ip;
  announce(poison, client_);
  announce(poison, address("[2001:db8::1]:1"));

  EXPECT_EQ(announce(leeching(2), address("192.0.2.2:1")).peers, std::vector{address("192.0.2.1:80")});
}

}  // namespace
}  // namespace torq::doors::udp
