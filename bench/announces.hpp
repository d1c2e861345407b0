// SPDX-License-Identifier: MIT
#pragma once
// Whom a load announces: a population of peers, each with its own address and in one swarm for good, so that a store
// that has seen all of them stays as it is. Equal populations are equal in every run.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "torq/base/random.hpp"

namespace torq::bench {

struct Population {
  std::uint64_t peers = 1'000'000;  ///< at most 2^24
  std::uint64_t swarms = 0;         ///< that they are spread over at random; 0: each has its own
  std::uint64_t first = 0;          ///< the number of the first
  bool in_turn = false;             ///< one after the other; otherwise at random
  int numwant = 50;
};

class Announces {
 public:
  explicit Announces(const Population& population) : population_(population), random_(1) {}

  /// The next request, as JSON; valid until the next call, like all of these.
  std::string_view next();
  /// The same peers as paths of HTTP: /announce and its query.
  std::string_view next_path();
  /// The info hash of a swarm by its number, in hexadecimal.
  static std::string hash_of(std::uint64_t swarm);

 private:
  struct Peer {
    std::uint64_t number;
    std::uint64_t swarm;

    std::uint64_t port() const { return 1024 + number % 60'000; }
    std::uint64_t left() const { return number % 4 == 0 ? 0 : 1'000'000; }
  };
  Peer draw();

  Population population_;
  Random random_;
  std::uint64_t count_ = 0;
  std::array<char, 512> text_{};
};

}  // namespace torq::bench
