// SPDX-License-Identifier: MIT
#pragma once
// Finds out that a path no longer carries datagrams as large as it once did (RFC 8899 4.3), and how large they may be
// now. ngtcp2 proves larger sizes, but does not notice when they stop to arrive: all is lost, and so is every probe,
// which is as large. A road that is dark for a while looks the same, so the small size is for a time only, a longer one
// whenever the large size fails again. Pure; one connection's.

#include <algorithm>
#include <chrono>

#include "torq/base/clock.hpp"

namespace torq::quic {

class BlackHole {
 public:
  /// Data was acknowledged.
  void note_progress(Instant now) { progress_ = now; }

  /// Whether what is sent now must be small (1200 bytes: every path of QUIC carries those, RFC 9000 14). `under_way`:
  /// something sent is neither acknowledged nor known to be lost.
  bool suspected(Instant now, bool under_way, Duration probe_timeout) {
    if (!under_way) progress_ = now;
    if (now < small_until_) return true;
    // One probe has gone unanswered (it backs off: after one and three time-outs), the second will be small.
    if (now - progress_ < probe_timeout * 5 / 2) return false;
    if (now - small_until_ > trial_) trial_ = kFirstTrial;
    small_until_ = now + trial_;
    trial_ = std::min(2 * trial_, kLongestTrial);
    return true;
  }

 private:
  static constexpr Duration kFirstTrial = std::chrono::seconds(10);
  static constexpr Duration kLongestTrial = std::chrono::minutes(10);  // RFC 8899 5.1.1, PMTU_RAISE_TIMER

  Instant progress_{};
  Instant small_until_{};
  Duration trial_ = kFirstTrial;
};

}  // namespace torq::quic
