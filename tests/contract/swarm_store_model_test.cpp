// SPDX-License-Identifier: MIT
// Every store against the naive one: whatever thousands of peers do, both count the same and hand out as many, and only
// peers that the naive store would hand out, too.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <vector>

#include "naive_store.hpp"
#include "stores.hpp"

namespace torq::contract {
namespace {

/// A step of a story. Peers and swarms are numbers; crowds have consecutive ones.
struct Step {
  enum class Kind { kVisit, kCrowd, kDesertion, kLeave, kWait } kind = Kind::kVisit;
  std::size_t swarm = 0, peer = 0, amount = 0, wanted = 0;
  Role role = Role::kLeecher;
  bool completed = false;
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
  static const char* const kNames[] = {"visit", "crowd", "desertion", "leave", "wait"};
  return out << kNames[static_cast<int>(s.kind)] << "(swarm " << s.swarm << ", peer " << s.peer << ", amount "
             << s.amount << ", wanted " << s.wanted << (s.role == Role::kSeeder ? ", seeder" : ", leecher")
             << (s.completed ? ", completed)" : ")");
}

rc::Gen<Step> any_step() {
  using Kind = Step::Kind;
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::weightedElement<Kind>(
              {{12, Kind::kVisit}, {2, Kind::kCrowd}, {2, Kind::kDesertion}, {3, Kind::kLeave}, {2, Kind::kWait}}),
          rc::gen::inRange<std::size_t>(0, 3), rc::gen::resize(100, rc::gen::inRange<std::size_t>(0, 1500)),
          rc::gen::resize(100, rc::gen::inRange<std::size_t>(1, 400)),
          rc::gen::element<std::size_t>(0, 1, 7, 50, 200, 1000), rc::gen::arbitrary<bool>(),
          rc::gen::arbitrary<bool>()),
      [](const auto& t) {
        const auto& [kind, swarm, peer, amount, wanted, seeds, completed] = t;
        return Step{kind, swarm, peer, amount, wanted, seeds ? Role::kSeeder : Role::kLeecher, seeds && completed};
      });
}

class Story {
 public:
  explicit Story(const StoreKind& kind) : store_(kind.make(kLifetime, {})), naive_(kLifetime, {}) {}

  void play(const Step& step) {
    switch (step.kind) {
      case Step::Kind::kVisit:
        return visit(step, step.peer, step.wanted);
      case Step::Kind::kLeave:
        return leave(step, step.peer);
      case Step::Kind::kWait:
        return wait(kLifetime / 4 * static_cast<int>(step.amount % 6));
      case Step::Kind::kCrowd:
        for (std::size_t n = 0; n < step.amount; ++n) visit(step, step.peer + n, 3);
        return;
      case Step::Kind::kDesertion:
        for (std::size_t n = 0; n < step.amount; ++n) leave(step, step.peer + n);
        return;
    }
  }

 private:
  static SocketAddress address(std::size_t n) { return n % 4 == 0 ? v6_peer(n) : v4_peer(n); }

  void visit(const Step& step, std::size_t peer, std::size_t wanted) {
    Visit visit{swarm_number(step.swarm), address(peer), step.role, step.completed, wanted};
    if ((peer + wanted) % 3 == 1) visit.family = Family::kIpv4;
    if ((peer + wanted) % 3 == 2) visit.family = Family::kIpv6;
    const VisitReply reply = store_->visit(now_, visit, random_, {});
    const VisitReply expected = naive_.visit(now_, visit, random_, {});

    RC_ASSERT(reply.admitted == expected.admitted);
    RC_ASSERT(reply.counts == expected.counts);
    RC_ASSERT(reply.peers.size() == expected.peers.size());
    RC_ASSERT(std::set(reply.peers.begin(), reply.peers.end()).size() == reply.peers.size());
    const auto is_stranger = [&](const SocketAddress& p) { return !could_hear_of(visit, p); };
    RC_ASSERT(std::none_of(reply.peers.begin(), reply.peers.end(), is_stranger));
  }

  bool could_hear_of(const Visit& visit, const SocketAddress& peer) const {
    if (visit.family && peer.ip.family() != *visit.family) return false;
    return peer != visit.peer && naive_.is_there(visit.swarm, peer);
  }

  void leave(const Step& step, std::size_t peer) {
    const InfoHash swarm = swarm_number(step.swarm);
    RC_ASSERT(store_->leave(now_, swarm, address(peer)) == naive_.leave(now_, swarm, address(peer)));
  }

  // A multiple of a quarter lifetime, with workers at work, so that nobody is forgotten in one store and not yet in the
  // other: the lifetime itself is checked elsewhere.
  void wait(Duration time) {
    for (const Instant end = now_ + time; now_ < end;) {
      now_ = std::min(end, now_ + kRound);
      while (store_->expire(now_)) continue;
    }
    naive_.expire(now_);
    for (std::size_t swarm = 0; swarm < 3; ++swarm) {
      RC_ASSERT(store_->counts(now_, swarm_number(swarm)) == naive_.counts(now_, swarm_number(swarm)));
    }
  }

  std::unique_ptr<SwarmStore> store_;
  NaiveStore naive_;
  Instant now_{std::chrono::hours(1)};
  Random random_{3};
};

class SwarmStoreModel : public testing::TestWithParam<StoreKind> {};

std::vector<StoreKind> others_than_naive() {
  std::vector<StoreKind> stores = all_stores();
  std::erase_if(stores, [](const StoreKind& store) { return store.name == "NaiveStore"; });
  return stores;
}
INSTANTIATE_TEST_SUITE_P(Of, SwarmStoreModel, testing::ValuesIn(others_than_naive()), name_of);

TEST_P(SwarmStoreModel, DoesWhatTheNaiveStoreDoes) {
  const bool holds = rc::check([] {
    const auto steps = *rc::gen::container<std::vector<Step>>(*rc::gen::inRange(0, 100), any_step());
    Story story(GetParam());
    for (const Step& step : steps) story.play(step);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace torq::contract
