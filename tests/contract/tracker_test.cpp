// SPDX-License-Identifier: MIT
// The rules of announce and scrape over every store: wire-compat's "Announce" and "Corner cases", BEP 3 and BEP 48.

#include "torq/tracker/tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "stores.hpp"

namespace torq::contract {
namespace {

using std::chrono::seconds;
using tracker::Announce;
using tracker::AnnounceEvent;
using tracker::AnnounceReply;
using tracker::Tracker;
using tracker::TrackerRules;
using Peers = std::vector<SocketAddress>;

constexpr std::uint16_t kPort = 6881;

IpAddress ip(std::string_view text) { return parse_ip(text).value(); }
SocketAddress peer(std::string_view text) { return {ip(text), kPort}; }

/// Public addresses, one for each number.
IpAddress source(std::size_t n) { return ip("8.1." + std::to_string(n / 256) + "." + std::to_string(n % 256)); }

class TrackerRulesTest : public testing::TestWithParam<StoreKind> {
 protected:
  TrackerRulesTest() { start({}); }

  /// With an empty store.
  void start(const TrackerRules& rules, const swarm::StoreLimits& limits = {}) {
    store_ = GetParam().make(rules.peer_lifetime(), limits);
    tracker_.emplace(*store_, rules);
  }

  AnnounceReply announce(const Announce& what, const IpAddress& from) {
    return tracker_->announce(now_, what, from, random_);
  }
  static Announce request() {
    Announce a;
    a.info_hash = swarm_number(1);
    a.port = kPort;
    return a;
  }
  static Announce leeching() {
    Announce a = request();
    a.left = 1000;
    return a;
  }
  static Announce seeding() {
    Announce a = request();
    a.left = 0;
    return a;
  }
  static Announce with(AnnounceEvent event, Announce a) {
    a.event = event;
    return a;
  }
  static Announce wanting(std::optional<std::int64_t> numwant, Announce a) {
    a.numwant = numwant;
    return a;
  }
  static Announce claiming(std::string_view address, Announce a) {
    a.ip = ip(address);
    return a;
  }
  SwarmCounts scrape() { return tracker_->scrape(now_, swarm_number(1)); }

  /// What an unrelated leecher is told, which is then gone again.
  Peers heard_by_others() {
    const Peers peers = announce(leeching(), ip("9.9.9.9")).peers;
    announce(with(AnnounceEvent::kStopped, leeching()), ip("9.9.9.9"));
    return peers;
  }

  Instant now_{std::chrono::hours(10)};
  Random random_{1};
  std::unique_ptr<SwarmStore> store_;
  std::optional<Tracker> tracker_;
};
INSTANTIATE_TEST_SUITE_P(Over, TrackerRulesTest, testing::ValuesIn(all_stores()), name_of);

TEST_P(TrackerRulesTest, RegistersTheAskerFirstThenAnswers) {
  const AnnounceReply first = announce(with(AnnounceEvent::kStarted, leeching()), source(1));
  const AnnounceReply second = announce(seeding(), source(2));

  EXPECT_EQ(first.complete, 0u);
  EXPECT_EQ(first.incomplete, 1u);
  EXPECT_EQ(first.peers, Peers{});
  EXPECT_EQ(second.complete, 1u);
  EXPECT_EQ(second.incomplete, 1u);
  EXPECT_EQ(second.peers, Peers{peer("8.1.0.1")});
}

TEST_P(TrackerRulesTest, HandsOutAPartialSeedAsALeecher) {
  const AnnounceReply partial = announce(with(AnnounceEvent::kPaused, leeching()), source(1));

  EXPECT_EQ(partial.complete, 0u);
  EXPECT_EQ(partial.incomplete, 1u);
  EXPECT_EQ(heard_by_others(), Peers{peer("8.1.0.1")});
  EXPECT_EQ(announce(with(AnnounceEvent::kPaused, seeding()), source(1)).complete, 1u);
  EXPECT_EQ(scrape().downloaded, 0u);
}

TEST_P(TrackerRulesTest, TellsTheIntervalOfItsRules) {
  EXPECT_EQ(announce(leeching(), source(1)).interval, seconds(60));
  start(TrackerRules{.interval = seconds(1800), .trusted_proxies = {}});

  EXPECT_EQ(announce(leeching(), source(1)).interval, seconds(1800));
  EXPECT_EQ(announce(with(AnnounceEvent::kStopped, leeching()), source(1)).interval, seconds(1800));
}

TEST_P(TrackerRulesTest, TakesNothingLeftForASeederAndAbsentLeftForALeecher) {
  EXPECT_EQ(announce(request(), source(1)).incomplete, 1u);
  EXPECT_EQ(announce(seeding(), source(1)).complete, 1u);

  Announce unknown = request();
  unknown.left = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(announce(unknown, source(1)).incomplete, 1u);
  unknown.left = std::uint64_t{1} << 32;
  EXPECT_EQ(announce(unknown, source(1)).incomplete, 1u);
}

TEST_P(TrackerRulesTest, StoppingRemovesThePeerAndGetsNoPeers) {
  announce(seeding(), source(1));
  announce(leeching(), source(2));

  const AnnounceReply reply = announce(wanting(50, with(AnnounceEvent::kStopped, leeching())), source(2));

  EXPECT_EQ(reply.complete, 1u);
  EXPECT_EQ(reply.incomplete, 0u);
  EXPECT_EQ(reply.peers, Peers{});
  EXPECT_EQ(heard_by_others(), Peers{peer("8.1.0.1")});
}

TEST_P(TrackerRulesTest, StoppingOfAStrangerOrWithPort0IsAnsweredAndChangesNothing) {
  announce(seeding(), source(1));
  Announce without_port = with(AnnounceEvent::kStopped, seeding());
  without_port.port = 0;

  EXPECT_EQ(announce(with(AnnounceEvent::kStopped, seeding()), source(2)).complete, 1u);
  EXPECT_EQ(announce(without_port, source(1)).complete, 1u);
  EXPECT_EQ(scrape(), (SwarmCounts{1, 0, 0}));
}

TEST_P(TrackerRulesTest, MovesASeederAtOnceAlsoWithoutCompleted) {
  announce(leeching(), source(1));
  announce(seeding(), source(1));

  EXPECT_EQ(scrape(), (SwarmCounts{1, 0, 0}));
}

TEST_P(TrackerRulesTest, CountsADownloadOnceAndOnlyWithNothingLeft) {
  announce(with(AnnounceEvent::kCompleted, leeching()), source(1));
  EXPECT_EQ(scrape(), (SwarmCounts{0, 0, 1}));

  announce(with(AnnounceEvent::kCompleted, request()), source(1));
  EXPECT_EQ(scrape(), (SwarmCounts{0, 0, 1}));

  announce(seeding(), source(1));
  EXPECT_EQ(scrape(), (SwarmCounts{1, 0, 0}));

  for (int i = 0; i < 3; ++i) announce(with(AnnounceEvent::kCompleted, seeding()), source(1));
  EXPECT_EQ(scrape(), (SwarmCounts{1, 1, 0}));

  announce(with(AnnounceEvent::kCompleted, seeding()), source(2));
  EXPECT_EQ(scrape(), (SwarmCounts{2, 2, 0}));
}

TEST_P(TrackerRulesTest, ScrapesAnUnknownSwarmAsZeros) { EXPECT_EQ(scrape(), SwarmCounts{}); }

TEST_P(TrackerRulesTest, GivesTheDefaultForAbsentAndNegativeNumwant) {
  for (std::size_t n = 0; n < 300; ++n) announce(wanting(0, leeching()), source(n));

  EXPECT_EQ(announce(leeching(), source(1)).peers.size(), 50u);
  EXPECT_EQ(announce(wanting(-1, leeching()), source(1)).peers.size(), 50u);
  EXPECT_EQ(announce(wanting(std::numeric_limits<std::int64_t>::min(), leeching()), source(1)).peers.size(), 50u);
}

TEST_P(TrackerRulesTest, GivesAsManyAsWantedUpToTheMaximum) {
  for (std::size_t n = 0; n < 300; ++n) announce(wanting(0, leeching()), source(n));

  EXPECT_EQ(announce(wanting(0, leeching()), source(1)).peers.size(), 0u);
  EXPECT_EQ(announce(wanting(1, leeching()), source(1)).peers.size(), 1u);
  EXPECT_EQ(announce(wanting(200, leeching()), source(1)).peers.size(), 200u);
  EXPECT_EQ(announce(wanting(201, leeching()), source(1)).peers.size(), 200u);
  EXPECT_EQ(announce(wanting(std::numeric_limits<std::int64_t>::max(), leeching()), source(1)).peers.size(), 200u);
}

TEST_P(TrackerRulesTest, NeverGivesMoreThanTheMaximumByDefault) {
  start(TrackerRules{.default_numwant = 50, .max_numwant = 10, .trusted_proxies = {}});
  for (std::size_t n = 0; n < 30; ++n) announce(leeching(), source(n));

  EXPECT_EQ(announce(leeching(), source(1)).peers.size(), 10u);
}

TEST_P(TrackerRulesTest, ForgetsAPeerAfterTwoIntervalsAndHalfAMinute) {
  announce(seeding(), source(1));

  now_ += seconds(2 * 60 + 30);
  EXPECT_EQ(heard_by_others(), Peers{peer("8.1.0.1")});

  now_ += seconds(1);
  EXPECT_EQ(heard_by_others(), Peers{});
}

TEST_P(TrackerRulesTest, KnowsAPeerByTheAddressItCameFrom) {
  announce(seeding(), ip("2001:db8::7"));

  EXPECT_EQ(heard_by_others(), Peers{peer("2001:db8::7")});
}

TEST_P(TrackerRulesTest, BelievesAClaimedAddressFromLoopbackAndPrivateSourcesOnly) {
  for (const char* from : {"127.0.0.1", "::1", "10.1.2.3", "192.168.7.7", "fd00::1"}) {
    start({});
    announce(claiming("203.0.113.5", seeding()), ip(from));
    EXPECT_EQ(heard_by_others(), Peers{peer("203.0.113.5")}) << from;
  }
  for (const char* from : {"8.8.8.8", "2001:db8::1"}) {
    start({});
    announce(claiming("203.0.113.5", seeding()), ip(from));
    EXPECT_EQ(heard_by_others(), Peers{peer(from)}) << from;
  }
}

TEST_P(TrackerRulesTest, BelievesTrustedProxies) {
  start({.trusted_proxies = {ip("8.8.8.8"), ip("2001:db8::1")}});
  announce(claiming("203.0.113.5", seeding()), ip("8.8.8.8"));
  announce(claiming("203.0.113.6", seeding()), ip("8.8.8.9"));

  Peers peers = heard_by_others();
  std::sort(peers.begin(), peers.end());
  EXPECT_EQ(peers, (Peers{peer("8.8.8.9"), peer("203.0.113.5")}));
}

TEST_P(TrackerRulesTest, BelievesNobodyWhoClaimsToBeNowhere) {
  announce(claiming("0.0.0.0", seeding()), ip("127.0.0.1"));
  announce(claiming("::", seeding()), ip("::1"));

  Peers peers = heard_by_others();
  std::sort(peers.begin(), peers.end());
  EXPECT_EQ(peers, (Peers{peer("127.0.0.1"), peer("::1")}));
}

TEST_P(TrackerRulesTest, BelievesNoClaimThatNamesManyOrNobody) {
  for (const char* claimed : {"255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "0.1.2.3"}) {
    start({});
    announce(claiming(claimed, seeding()), ip("127.0.0.1"));
    EXPECT_EQ(heard_by_others(), Peers{peer("127.0.0.1")}) << claimed;
  }
  for (const char* claimed : {"ff00::1", "ff02::1", "ff0e::1"}) {
    start({});
    announce(claiming(claimed, seeding()), ip("::1"));
    EXPECT_EQ(heard_by_others(), Peers{peer("::1")}) << claimed;
  }
}

TEST_P(TrackerRulesTest, AStrangerCannotStopSomebodyElse) {
  announce(seeding(), source(1));
  announce(claiming("8.1.0.1", with(AnnounceEvent::kStopped, seeding())), source(2));

  EXPECT_EQ(heard_by_others(), Peers{peer("8.1.0.1")});
}

TEST_P(TrackerRulesTest, CountsAnAskerForWhichThereIsNoRoomInItsOwnReplyOnly) {
  start({}, {.swarms = 1, .peers_per_swarm = 1});
  announce(seeding(), source(1));

  const AnnounceReply full_swarm = announce(leeching(), source(2));
  EXPECT_EQ(full_swarm.complete, 1u);
  EXPECT_EQ(full_swarm.incomplete, 1u);
  EXPECT_EQ(full_swarm.peers, Peers{peer("8.1.0.1")});
  EXPECT_FALSE(full_swarm.listed);
  EXPECT_EQ(scrape(), (SwarmCounts{1, 0, 0}));

  Announce elsewhere = with(AnnounceEvent::kCompleted, seeding());
  elsewhere.info_hash = swarm_number(2);
  const AnnounceReply full_store = announce(elsewhere, source(2));
  EXPECT_EQ(full_store.complete, 1u);
  EXPECT_EQ(full_store.incomplete, 0u);
  EXPECT_EQ(tracker_->scrape(now_, swarm_number(2)), SwarmCounts{});
}

TEST(SharePlaces, AddsUpForEverySmallCase) {
  for (std::size_t wanted = 0; wanted < 12; ++wanted) {
    for (std::size_t seeders = 0; seeders < 12; ++seeders) {
      for (std::size_t leechers = 0; leechers < 12; ++leechers) {
        const auto mine = share_places(wanted, Role::kLeecher, {seeders, leechers});
        ASSERT_EQ(mine.seeders + mine.leechers, std::min(wanted, seeders + leechers));
        ASSERT_LE(mine.seeders, seeders);
        ASSERT_LE(mine.leechers, leechers);
        ASSERT_GE(mine.seeders, std::min(seeders, wanted - wanted / 2));
        ASSERT_GE(mine.leechers, std::min(leechers, wanted / 2));
        const tracker::RoleCounts seeders_share{0, std::min(wanted, leechers)};
        ASSERT_EQ(share_places(wanted, Role::kSeeder, {seeders, leechers}), seeders_share);
      }
    }
  }
}

}  // namespace
}  // namespace torq::contract
