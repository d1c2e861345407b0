// SPDX-License-Identifier: MIT
#include "torq/base/random.hpp"

#include <bit>

namespace torq {
namespace {

// splitmix64 spreads a seed over the state, as the authors of xoshiro advise.
std::uint64_t splitmix(std::uint64_t& x) {
  std::uint64_t z = x += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

}  // namespace

Random::Random(std::uint64_t seed) : state_{splitmix(seed), splitmix(seed), splitmix(seed), splitmix(seed)} {}

std::uint64_t Random::next() {
  auto& s = state_;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(next()) * bound >> 64);
}

}  // namespace torq
