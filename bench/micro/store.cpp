// SPDX-License-Identifier: MIT
// The store with 1, 50, 10,000 and a million peers, in one swarm and in a swarm each.
#include <benchmark/benchmark.h>

#include <cstring>
#include <utility>

#include "torq/swarm/memory_store.hpp"

namespace torq::swarm {
namespace {

constexpr auto kLifetime = std::chrono::hours(1);

InfoHash swarm_of(std::uint64_t number) {
  std::array<std::byte, 20> bytes{};
  std::memcpy(bytes.data(), &number, sizeof number);
  return InfoHash(bytes);
}

SocketAddress peer_of(std::uint64_t number) {
  std::array<std::byte, 4> ip;
  const auto low = static_cast<std::uint32_t>(number);
  std::memcpy(ip.data(), &low, sizeof low);
  return {IpAddress::v4(ip), 6881};
}

tracker::Visit visit(std::uint64_t peer, bool one_swarm) {
  return {swarm_of(one_swarm ? 0 : peer), peer_of(peer),
          peer % 4 == 0 ? tracker::Role::kSeeder : tracker::Role::kLeecher, false, 50};
}

// A peer that is there announces again.
void refresh(benchmark::State& state, bool one_swarm) {
  const auto peers = static_cast<std::uint64_t>(state.range(0));
  MemoryStore store(SipKey{}, kLifetime);
  Random random(1);
  std::vector<SocketAddress> recycled;
  const Instant now(kLifetime);
  for (std::uint64_t i = 0; i < peers; ++i) store.visit(now, visit(i, one_swarm), random, {});
  for (auto _ : state) {
    auto reply = store.visit(now, visit(random.below(peers), one_swarm), random, std::move(recycled));
    benchmark::DoNotOptimize(reply.counts);
    recycled = std::move(reply.peers);
  }
}
BENCHMARK_CAPTURE(refresh, one_swarm, true)->Arg(1)->Arg(50)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(refresh, a_swarm_each, false)->Arg(1)->Arg(50)->Arg(10'000)->Arg(1'000'000);

// A peer leaves and comes back.
void come_and_go(benchmark::State& state, bool one_swarm) {
  const auto peers = static_cast<std::uint64_t>(state.range(0));
  MemoryStore store(SipKey{}, kLifetime);
  Random random(1);
  std::vector<SocketAddress> recycled;
  const Instant now(kLifetime);
  for (std::uint64_t i = 0; i < peers; ++i) store.visit(now, visit(i, one_swarm), random, {});
  for (auto _ : state) {
    const tracker::Visit guest = visit(random.below(peers), one_swarm);
    store.leave(now, guest.swarm, guest.peer);
    auto reply = store.visit(now, guest, random, std::move(recycled));
    recycled = std::move(reply.peers);
  }
}
BENCHMARK_CAPTURE(come_and_go, one_swarm, true)->Arg(1)->Arg(50)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(come_and_go, a_swarm_each, false)->Arg(1'000'000);

}  // namespace
}  // namespace torq::swarm
