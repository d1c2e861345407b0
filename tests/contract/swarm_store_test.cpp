// SPDX-License-Identifier: MIT
// What every swarm store promises, but for the distribution of samples (swarm_store_sample_test.cpp).

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "stores.hpp"

namespace torq::contract {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SwarmStoreContract : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Of, SwarmStoreContract, testing::ValuesIn(all_stores()), name_of);

using Peers = std::vector<SocketAddress>;

Peers sorted(Peers peers) {
  std::sort(peers.begin(), peers.end());
  return peers;
}

constexpr SwarmCounts figures(std::uint64_t complete, std::uint64_t downloaded, std::uint64_t incomplete) {
  return {complete, downloaded, incomplete};
}

TEST_P(SwarmStoreContract, CountsTheVisitorAndAnswersWithTheOthers) {
  const VisitReply first = seeder(v4_peer(1));
  const VisitReply second = leecher(v4_peer(2));

  EXPECT_EQ(first.counts, figures(1, 0, 0));
  EXPECT_EQ(first.peers, Peers{});
  EXPECT_EQ(second.counts, figures(1, 0, 1));
  EXPECT_EQ(second.peers, Peers{v4_peer(1)});
  EXPECT_TRUE(first.admitted && second.admitted);
}

TEST_P(SwarmStoreContract, NeverAnswersWithTheVisitorItself) {
  for (std::size_t n = 0; n < 300; ++n) {
    leecher(v4_peer(n), 0);
    for (const std::size_t wanted : {1, 5, 1000}) {
      const Peers peers = leecher(v4_peer(n), wanted).peers;
      ASSERT_EQ(std::count(peers.begin(), peers.end(), v4_peer(n)), 0);
      ASSERT_EQ(peers.size(), std::min(wanted, n));
    }
  }
}

TEST_P(SwarmStoreContract, KeepsSwarmsApart) {
  seeder(v4_peer(1));
  swarm_ = swarm_number(2);

  EXPECT_EQ(leecher(v4_peer(2)).peers, Peers{});
  EXPECT_EQ(counts(), figures(0, 0, 1));
}

TEST_P(SwarmStoreContract, ChangesNothingWhenItForesees) {
  std::vector<InfoHash> all;
  for (std::size_t n = 0; n < 100; ++n) all.push_back(swarm_number(n));
  for (const std::size_t size : {0, 1, 2, 300}) {  // none, and each form that its peers may have
    swarm_ = all[size % all.size()];
    for (std::size_t n = 0; n < size; ++n) leecher(v4_peer(n), 0);
  }
  leecher(v6_peer(1), 0);

  store_->foresee(all);
  store_->foresee({});

  for (const InfoHash& hash : all) {
    swarm_ = hash;
    const std::uint64_t expected = hash == all[0] ? 301 : hash == all[1] ? 1 : hash == all[2] ? 2 : 0;
    EXPECT_EQ(counts(), figures(0, 0, expected));
  }
}

TEST_P(SwarmStoreContract, TellsPeersApartByAddressAndPort) {
  const SocketAddress one = v4_peer(1);
  const SocketAddress other_port{one.ip, static_cast<std::uint16_t>(one.port + 1)};
  leecher(one);

  EXPECT_EQ(leecher(other_port).peers, Peers{one});
  EXPECT_EQ(leecher(one).peers, Peers{other_port});
  EXPECT_EQ(counts(), figures(0, 0, 2));
}

TEST_P(SwarmStoreContract, TakesARepeatedVisitForTheSamePeer) {
  for (int i = 0; i < 3; ++i) leecher(v4_peer(1));

  EXPECT_EQ(counts(), figures(0, 0, 1));
}

TEST_P(SwarmStoreContract, MovesAPeerToItsNewRoleAtOnce) {
  leecher(v4_peer(1));

  EXPECT_EQ(seeder(v4_peer(1)).counts, figures(1, 0, 0));
  EXPECT_EQ(leecher(v4_peer(1)).counts, figures(0, 0, 1));
}

TEST_P(SwarmStoreContract, LeavingRemovesThePeerAndCountsNoMore) {
  seeder(v4_peer(1));
  leecher(v4_peer(2));

  EXPECT_EQ(leave(v4_peer(1)), figures(0, 0, 1));
  EXPECT_EQ(leecher(v4_peer(3)).peers, Peers{v4_peer(2)});
}

TEST_P(SwarmStoreContract, LeavingUnknownIsNoErrorAndChangesNothing) {
  EXPECT_EQ(leave(v4_peer(1)), figures(0, 0, 0));
  seeder(v4_peer(1));

  EXPECT_EQ(leave(v4_peer(2)), figures(1, 0, 0));
  EXPECT_EQ(leave(v6_peer(1)), figures(1, 0, 0));
  EXPECT_EQ(counts(), figures(1, 0, 0));
}

TEST_P(SwarmStoreContract, CountsAnUnknownSwarmAsZeroAndDoesNotMakeOne) {
  limit({.swarms = 1});

  EXPECT_EQ(counts(), figures(0, 0, 0));
  leave(v4_peer(1));
  swarm_ = swarm_number(2);

  EXPECT_TRUE(seeder(v4_peer(1)).admitted);
}

TEST_P(SwarmStoreContract, CountsADownloadOnceForEachPeer) {
  EXPECT_EQ(leecher(v4_peer(1)).counts, figures(0, 0, 1));
  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 1, 0));
  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 1, 0));
  EXPECT_EQ(seeder(v4_peer(1)).counts, figures(1, 1, 0));
  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 1, 0));
  EXPECT_EQ(leecher(v4_peer(1)).counts, figures(0, 1, 1));
  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 1, 0));
  EXPECT_EQ(completed(v6_peer(1)).counts, figures(2, 2, 0));
}

TEST_P(SwarmStoreContract, CountsADownloadOnlyWhenToldOfIt) {
  EXPECT_EQ(leecher(v4_peer(1)).counts, figures(0, 0, 1));
  EXPECT_EQ(seeder(v4_peer(1)).counts, figures(1, 0, 0));
  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 1, 0));
}

TEST_P(SwarmStoreContract, CountsADownloadAgainAfterLeaving) {
  completed(v4_peer(1));
  leave(v4_peer(1));

  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 2, 0));
}

TEST_P(SwarmStoreContract, RemembersDownloadsForALifetimeAfterTheLastPeer) {
  completed(v4_peer(1));
  EXPECT_EQ(leave(v4_peer(1)), figures(0, 1, 0));

  pass_with_workers(kLifetime - seconds(1));
  EXPECT_EQ(counts(), figures(0, 1, 0));

  pass_with_workers(kLifetime);
  EXPECT_EQ(counts(), figures(0, 0, 0));
}

TEST_P(SwarmStoreContract, RemembersDownloadsForALifetimeAlsoWhenNobodyCalls) {
  completed(v4_peer(1));

  pass(kLifetime * 3 / 2);
  expire();

  EXPECT_EQ(counts(), figures(0, 1, 0));
}

TEST_P(SwarmStoreContract, ForgetsAPeerAfterItsLifetimeAndNotBefore) {
  seeder(v4_peer(1));
  leecher(v6_peer(1));

  pass(kLifetime);
  EXPECT_EQ(leecher(v4_peer(2)).peers.size(), 2u);

  pass(kLifetime / 1000);
  EXPECT_EQ(leecher(v4_peer(3)).peers, Peers{v4_peer(2)});
}

TEST_P(SwarmStoreContract, KeepsAPeerThatVisitsAgainInTime) {
  for (int i = 0; i < 100; ++i) {
    leecher(v4_peer(1));
    pass_with_workers(kLifetime - seconds(1));
  }

  EXPECT_EQ(leecher(v4_peer(2)).peers, Peers{v4_peer(1)});
}

TEST_P(SwarmStoreContract, CountsForgottenPeersNoMoreOnceExpired) {
  for (std::size_t n = 0; n < 2000; ++n) leecher(n % 2 == 0 ? v4_peer(n) : v6_peer(n));
  pass_with_workers(kLifetime / 2);
  seeder(v4_peer(9000));

  pass_with_workers(kLifetime * 2 / 3);

  EXPECT_EQ(counts(), figures(1, 0, 0));
}

TEST_P(SwarmStoreContract, TakesAPeerWhoseLifetimeIsOverForANewOne) {
  completed(v4_peer(1));
  pass(kLifetime + kLifetime / 1000);

  EXPECT_EQ(completed(v4_peer(1)).counts, figures(1, 2, 0));
}

TEST_P(SwarmStoreContract, NeverRevivesTheForgottenHoweverLongNobodyCalls) {
  for (Duration silence = kLifetime * 11 / 10; silence < kLifetime * 40; silence += kLifetime / 7) {
    limit({});
    seeder(v4_peer(1));

    pass(silence);

    ASSERT_EQ(leecher(v4_peer(2)).peers, Peers{}) << silence / kLifetime << " lifetimes";
  }
}

TEST_P(SwarmStoreContract, NeverRevivesTheForgottenWhenExpireIsNeverCalled) {
  for (std::size_t n = 0; n < 1000; ++n) seeder(v4_peer(n));

  for (Duration age = kLifetime * 11 / 10; age < kLifetime * 20; age += kLifetime / 9) {
    pass(age == kLifetime * 11 / 10 ? age : kLifetime / 9);
    ASSERT_EQ(leecher(v6_peer(1)).peers, Peers{});
  }
}

TEST_P(SwarmStoreContract, GoesOnWithTheLatestTimeWhenTimeStepsBack) {
  leecher(v4_peer(1));
  pass(kLifetime);
  leecher(v4_peer(2));

  now_ -= seconds(100);
  EXPECT_EQ(leecher(v4_peer(3)).peers.size(), 2u);
  now_ += seconds(101);

  EXPECT_EQ(sorted(leecher(v4_peer(4)).peers), (Peers{v4_peer(2), v4_peer(3)}));
}

TEST_P(SwarmStoreContract, GivesASeederLeechersOnly) {
  for (std::size_t n = 0; n < 10; ++n) seeder(v4_peer(n));
  for (std::size_t n = 10; n < 15; ++n) leecher(v4_peer(n));

  const Peers peers = seeder(v4_peer(0)).peers;

  EXPECT_EQ(sorted(peers), (Peers{v4_peer(10), v4_peer(11), v4_peer(12), v4_peer(13), v4_peer(14)}));
}

// For whoever can be told of one family only: places are shared as if the others were not there.
TEST_P(SwarmStoreContract, DrawsFromTheFamilyThatIsAskedFor) {
  for (std::size_t n = 0; n < 400; ++n) {
    n % 4 == 0 ? seeder(v4_peer(n), 0) : leecher(v4_peer(n), 0);
    leecher(v6_peer(n), 0);
  }
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    for (const SocketAddress& visitor : {v4_peer(1), v6_peer(1), v4_peer(1000), v6_peer(1001)}) {
      for (const std::size_t wanted : {std::size_t{50}, SwarmStore::kMaxWanted}) {
        const Peers peers = visit({swarm_, visitor, Role::kLeecher, false, wanted, family}).peers;
        leave(v4_peer(1000));
        leave(v6_peer(1001));

        EXPECT_GE(peers.size(), std::min(wanted, std::size_t{399}));
        EXPECT_TRUE(std::ranges::all_of(peers, [&](const auto& peer) { return peer.ip.family() == family; }));
        EXPECT_EQ(std::set(peers.begin(), peers.end()).size(), peers.size());
      }
    }
  }
}

TEST_P(SwarmStoreContract, SharesALeechersPlacesBetweenTheRoles) {
  struct Case {
    std::size_t seeders, leechers, wanted, seeders_given, leechers_given;
  };
  for (const Case& c : {Case{30, 30, 20, 10, 10}, Case{30, 30, 5, 3, 2}, Case{30, 30, 1, 1, 0}, Case{30, 30, 0, 0, 0},
                        Case{3, 30, 20, 3, 17}, Case{30, 3, 20, 17, 3}, Case{3, 3, 20, 3, 3}, Case{0, 9, 5, 0, 5}}) {
    limit({});
    for (std::size_t n = 0; n < c.seeders; ++n) seeder(v4_peer(n), 0);
    for (std::size_t n = 100; n < 100 + c.leechers; ++n) leecher(v4_peer(n), 0);

    const Peers peers = leecher(v4_peer(1000), c.wanted).peers;

    const auto seeders = std::count_if(peers.begin(), peers.end(), [](auto& p) { return p < v4_peer(100); });
    EXPECT_EQ(static_cast<std::size_t>(seeders), c.seeders_given) << c.wanted;
    EXPECT_EQ(peers.size() - static_cast<std::size_t>(seeders), c.leechers_given) << c.wanted;
  }
}

TEST_P(SwarmStoreContract, MixesAddressFamilies) {
  leecher(v4_peer(1));
  leecher(v6_peer(1));
  seeder(v6_peer(2));

  EXPECT_EQ(sorted(leecher(v4_peer(9)).peers), sorted({v4_peer(1), v6_peer(1), v6_peer(2)}));
  EXPECT_EQ(counts(), figures(1, 0, 3));
}

TEST_P(SwarmStoreContract, FindsEveryPeerOfAGrowingAndShrinkingSwarm) {
  const std::size_t size = 3000;
  const auto peer = [](std::size_t n) { return n % 3 == 0 ? v6_peer(n) : v4_peer(n); };
  for (std::size_t n = 0; n < size; ++n) leecher(peer(n), 0);
  for (std::size_t n = 0; n < size; ++n) leecher(peer(n), 0);
  EXPECT_EQ(counts(), figures(0, 0, size));

  for (std::size_t n = 0; n < size; n += 2) seeder(peer(n), 0);
  EXPECT_EQ(counts(), figures(size / 2, 0, size / 2));

  for (std::size_t n = 0; n < size - 1; ++n) leave(peer(n));
  EXPECT_EQ(counts(), figures(0, 0, 1));
  EXPECT_EQ(leecher(v4_peer(size)).peers, Peers{peer(size - 1)});
}

TEST_P(SwarmStoreContract, GivesAsManyAsAStoreMustBeAbleTo) {
  for (std::size_t n = 0; n < 3000; ++n) leecher(v4_peer(n), 0);

  const Peers peers = leecher(v4_peer(1), SwarmStore::kMaxWanted).peers;

  EXPECT_EQ(std::set<SocketAddress>(peers.begin(), peers.end()).size(), SwarmStore::kMaxWanted);
}

TEST_P(SwarmStoreContract, DropsWhatIsInARecycledVector) {
  leecher(v4_peer(1));

  const Visit visit{swarm_, v4_peer(2), Role::kLeecher, false, 50};
  const VisitReply reply = store_->visit(now_, visit, random_, Peers(10, v4_peer(9)));
  EXPECT_EQ(reply.peers, Peers{v4_peer(1)});

  limit({.swarms = 0});
  EXPECT_EQ(store_->visit(now_, visit, random_, Peers(10, v4_peer(9))).peers, Peers{});
}

TEST_P(SwarmStoreContract, MakesNoSwarmBeyondItsLimitAndServesThoseItHas) {
  limit({.swarms = 1});
  seeder(v4_peer(1));

  swarm_ = swarm_number(2);
  const VisitReply refused = completed(v4_peer(2));
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.counts, figures(0, 0, 0));
  EXPECT_EQ(refused.peers, Peers{});
  EXPECT_EQ(counts(), figures(0, 0, 0));

  swarm_ = swarm_number(1);
  EXPECT_EQ(leecher(v4_peer(2)).counts, figures(1, 0, 1));
}

TEST_P(SwarmStoreContract, HasRoomForANewSwarmOnceAnOldOneIsEmpty) {
  limit({.swarms = 1});
  seeder(v4_peer(1));
  leave(v4_peer(1));

  swarm_ = swarm_number(2);
  EXPECT_TRUE(seeder(v4_peer(1)).admitted);

  pass_with_workers(kLifetime * 3 / 2);
  swarm_ = swarm_number(3);
  EXPECT_TRUE(seeder(v4_peer(1)).admitted);
}

TEST_P(SwarmStoreContract, AnswersButDoesNotAdmitANewPeerOfAFullSwarm) {
  limit({.peers_per_swarm = 2});
  seeder(v4_peer(1));
  leecher(v6_peer(2));

  const VisitReply refused = completed(v4_peer(3));
  EXPECT_FALSE(refused.admitted);
  EXPECT_EQ(refused.counts, figures(1, 0, 1));
  EXPECT_EQ(refused.peers, Peers{v6_peer(2)});
  EXPECT_EQ(counts(), figures(1, 0, 1));
}

TEST_P(SwarmStoreContract, RefreshesPeersOfAFullSwarm) {
  limit({.peers_per_swarm = 2});
  seeder(v4_peer(1));
  leecher(v4_peer(2));

  EXPECT_TRUE(seeder(v4_peer(2)).admitted);
  leave(v4_peer(1));

  EXPECT_TRUE(leecher(v4_peer(3)).admitted);
  EXPECT_EQ(counts(), figures(1, 0, 1));
}

TEST_P(SwarmStoreContract, AdmitsNobodyNewToAFullStore) {
  limit({.peers = 2});
  seeder(v4_peer(1));
  leecher(v4_peer(2));

  EXPECT_FALSE(leecher(v4_peer(3)).admitted);
  swarm_ = swarm_number(2);
  EXPECT_FALSE(leecher(v4_peer(1)).admitted);
  EXPECT_EQ(counts(), figures(0, 0, 0));

  pass_with_workers(kLifetime * 3 / 2);
  EXPECT_TRUE(leecher(v4_peer(1)).admitted);
}

}  // namespace
}  // namespace torq::contract
