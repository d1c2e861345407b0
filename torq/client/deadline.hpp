// SPDX-License-Identifier: MIT
#pragma once
// Until when an answer may take: from the request on, or, of a file, from when its last few thousand bytes had come. A
// server that sends a byte now and then buys no time with it. A plain value. Internal to client/.

#include <cstddef>

#include "torq/base/clock.hpp"

namespace torq::client {

class Deadline {
 public:
  /// So many bytes are worth the patience of one request.
  static constexpr std::size_t kProgress = std::size_t{4} * 1024;

  Deadline(Instant now, Duration patience, bool renewed)
      : when_(now + patience), patience_(patience), renewed_(renewed) {}

  Instant when() const { return when_; }

  /// More of the answer has come.
  void note(Instant now, std::size_t bytes) {
    bytes_ += bytes;
    if (!renewed_ || bytes_ < kProgress) return;
    bytes_ = 0;
    when_ = now + patience_;
  }

 private:
  Instant when_;
  Duration patience_;
  bool renewed_;
  std::size_t bytes_ = 0;  // since it was last put off
};

}  // namespace torq::client
