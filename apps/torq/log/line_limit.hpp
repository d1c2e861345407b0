// SPDX-License-Identifier: MIT
#pragma once
// How many lines a peer can make us write: of each reason so many in a stretch of time, and then one that says how many
// more there were. Not a log: it says whether to write. Pure; belongs to one thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "torq/base/clock.hpp"

namespace torq::app {

struct LineRule {
  unsigned lines = 5;
  Duration stretch = std::chrono::seconds(10);
};

class LineLimit {
 public:
  struct Unsaid {
    std::string_view reason;
    std::uint64_t times = 0;
  };

  explicit LineLimit(const LineRule& rule = {}) : rule_(rule) {}

  /// Whether what happened gets its own line. `reason` is one of our own names: a literal, and of a few dozen.
  bool admit(Instant now, std::string_view reason);
  /// What got none in the stretches that are over: to be asked now and then.
  std::vector<Unsaid> take_unsaid(Instant now);

 private:
  struct Stretch {
    Unsaid unsaid;
    Instant begun;
    unsigned lines = 0;
  };

  LineRule rule_;
  std::vector<Stretch> stretches_;  // one per reason that was seen
};

}  // namespace torq::app
