// SPDX-License-Identifier: MIT
#pragma once
// How bad the road between two processes is, and what becomes of each datagram on it. Pure: time and size come in, the
// moments of arrival go out. The fate of the nth datagram of a flow in a direction depends upon the seed, n and the
// weather alone, so that a seed can be run again. Knows nothing of sockets or QUIC.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/base/result.hpp"

namespace torq::chaos {

struct Weather {
  // Chances, 0 to 1.
  double loss = 0;
  double duplication = 0;
  double reordering = 0;  ///< to be held back while others pass
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};  ///< at most so much more delay; keeps the order
  std::chrono::milliseconds rebind{0};  ///< the period of new source ports; 0: never
  std::size_t mtu = 1500;               ///< the largest UDP payload that passes: QUIC needs 1200 (RFC 9000 14)
  unsigned sources = 1;                 ///< of how many addresses (127.0.0.1 and on) a rebinding takes the next
};

/// Sets what a word such as `loss=0.05` says; `clear` sets all of it back. The reason when it says nothing.
Result<Weather, std::string> apply(Weather weather, std::string_view word);

struct Fate {
  enum class What : std::uint8_t { kCarried, kLost, kTooLarge };

  What what = What::kCarried;
  bool held_back = false;
  Instant due{};
  std::optional<Instant> copy_due;
};

/// The fates of one flow in one direction, in the order in which its datagrams come.
class Fates {
 public:
  explicit Fates(std::uint64_t seed) : random_(seed) {}

  Fate next(Instant now, const Weather& weather, std::size_t size);

 private:
  double draw();

  Random random_;
  std::uint64_t count_ = 0;
  double swell_ = 0;  ///< of jitter; 0 to 1
  Instant last_due_{};
};

}  // namespace torq::chaos
