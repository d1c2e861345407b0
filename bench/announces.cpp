// SPDX-License-Identifier: MIT
#include "bench/announces.hpp"

#include <fmt/format.h>

namespace torq::bench {
namespace {

// The finaliser of splitmix64 (Steele, Lea, Flood, 2014): a bijection.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

std::string_view Announces::next() {
  const std::uint64_t place = population_.in_turn ? count_++ % population_.peers : random_.below(population_.peers);
  const std::uint64_t peer = population_.first + place;
  const std::uint64_t swarm = population_.swarms == 0 ? peer : mix(peer) % population_.swarms;
  const bool seeds = peer % 4 == 0;
  const auto end = fmt::format_to_n(
      text_.data(), text_.size(),
      R"({{"info_hash":"{:016x}{:016x}{:08x}","peer_id":"-TQ0100-{:012}","port":{},"uploaded":0,"downloaded":0,"left":{},"ip":"10.{}.{}.{}","numwant":{}}})",
      mix(swarm), mix(~swarm), static_cast<std::uint32_t>(swarm), peer, 1024 + peer % 60'000, seeds ? 0 : 1'000'000,
      peer >> 16 & 255, peer >> 8 & 255, peer & 255, population_.numwant);
  return {text_.data(), end.size};
}

}  // namespace torq::bench
