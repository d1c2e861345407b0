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

Announces::Peer Announces::draw() {
  const std::uint64_t place = population_.in_turn ? count_++ % population_.peers : random_.below(population_.peers);
  const std::uint64_t peer = population_.first + place;
  return {peer, population_.swarms == 0 ? peer : mix(peer) % population_.swarms};
}

std::string Announces::hash_of(std::uint64_t swarm) {
  return fmt::format("{:016x}{:016x}{:08x}", mix(swarm), mix(~swarm), static_cast<std::uint32_t>(swarm));
}

std::string_view Announces::next() {
  const Peer peer = draw();
  const auto end = fmt::format_to_n(
      text_.data(), text_.size(),
      R"({{"info_hash":"{:016x}{:016x}{:08x}","peer_id":"-TQ0100-{:012}","port":{},"uploaded":0,"downloaded":0,"left":{},"ip":"10.{}.{}.{}","numwant":{}}})",
      mix(peer.swarm), mix(~peer.swarm), static_cast<std::uint32_t>(peer.swarm), peer.number, peer.port(), peer.left(),
      peer.number >> 16 & 255, peer.number >> 8 & 255, peer.number & 255, population_.numwant);
  return {text_.data(), end.size};
}

std::string_view Announces::next_path() {
  const Peer peer = draw();
  char* at = fmt::format_to(text_.data(), "/announce?info_hash=");
  for (const std::uint64_t word : {mix(peer.swarm), mix(~peer.swarm), peer.swarm << 32}) {
    const int bytes = word == peer.swarm << 32 ? 4 : 8;
    for (int i = 0; i < bytes; ++i) at = fmt::format_to(at, "%{:02X}", word >> (56 - 8 * i) & 0xff);
  }
  at = fmt::format_to(
      at, "&peer_id=-TQ0100-{:012}&port={}&uploaded=0&downloaded=0&left={}&ip=10.{}.{}.{}&numwant={}&compact=1",
      peer.number, peer.port(), peer.left(), peer.number >> 16 & 255, peer.number >> 8 & 255, peer.number & 255,
      population_.numwant);
  return {text_.data(), at};
}

}  // namespace torq::bench
