// SPDX-License-Identifier: MIT
#include "torq/base/siphash.hpp"

#include <bit>

namespace torq {
namespace {

struct SipState {
  std::uint64_t a, b, c, d;

  explicit SipState(const SipKey& key)
      : a(key.words[0] ^ 0x736f6d6570736575),
        b(key.words[1] ^ 0x646f72616e646f6d),
        c(key.words[0] ^ 0x6c7967656e657261),
        d(key.words[1] ^ 0x7465646279746573) {}

  void round() {
    a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
    c += d, d = std::rotl(d, 16) ^ c;
    a += d, d = std::rotl(d, 21) ^ a;
    c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
  }

  template <int kRounds>
  void take(std::uint64_t word) {
    d ^= word;
    for (int i = 0; i < kRounds; ++i) round();
    a ^= word;
  }
};

// Little-endian, also where the machine is not.
std::uint64_t word_of(Bytes bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) word = word << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return word;
}

template <int kRoundsPerWord, int kLastRounds>
std::uint64_t hash(const SipKey& key, Bytes bytes) {
  SipState state(key);
  const std::uint64_t length = bytes.size();
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) state.take<kRoundsPerWord>(word_of(bytes.first<8>()));
  state.take<kRoundsPerWord>(length << 56 | word_of(bytes));
  state.c ^= 0xff;
  for (int i = 0; i < kLastRounds; ++i) state.round();
  return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace

std::uint64_t siphash(const SipKey& key, Bytes bytes) { return hash<1, 3>(key, bytes); }
std::uint64_t siphash_2_4(const SipKey& key, Bytes bytes) { return hash<2, 4>(key, bytes); }

}  // namespace torq
