// SPDX-License-Identifier: MIT
#include "stores.hpp"

#include "naive_store.hpp"
#include "torq/swarm/memory_store.hpp"

namespace torq::contract {

std::vector<StoreKind> all_stores() {
  return {
      {"NaiveStore",
       [](Duration lifetime, const auto& limits) { return std::make_unique<NaiveStore>(lifetime, limits); }},
      {"MemoryStore",
       [](Duration lifetime, const auto& limits) {
         return std::make_unique<swarm::MemoryStore>(swarm::SipKey{{1, 2}}, lifetime, limits);
       }},
  };
}

SocketAddress v4_peer(std::size_t number) {
  const auto byte = [number](unsigned i) { return static_cast<std::byte>(number >> 8 * i); };
  return {IpAddress::v4({std::byte{10}, byte(2), byte(1), byte(0)}), 6881};
}

SocketAddress v6_peer(std::size_t number) {
  const auto byte = [number](unsigned i) { return static_cast<std::byte>(number >> 8 * i); };
  std::array<std::byte, 16> ip{std::byte{0x20}, std::byte{0x01}, std::byte{0x0d}, std::byte{0xb8}};
  for (unsigned i = 0; i < 4; ++i) ip[15 - i] = byte(i);
  return {IpAddress::v6(ip), 6881};
}

InfoHash swarm_number(std::size_t number) {
  InfoHash hash;
  for (unsigned i = 0; i < 8; ++i) hash.bytes[i] = static_cast<std::byte>(number >> 8 * i);
  return hash;
}

void StoreTest::expire() {
  for (int calls = 0; store_->expire(now_); ++calls) ASSERT_LT(calls, 1'000'000) << "expire() never ends";
}

void StoreTest::pass_with_workers(Duration time) {
  const Instant end = now_ + time;
  for (; now_ + kRound < end; expire()) now_ += kRound;
  now_ = end;
  expire();
}

}  // namespace torq::contract
