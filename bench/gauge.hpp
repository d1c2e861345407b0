// SPDX-License-Identifier: MIT
#pragma once
// What a load measures in its window: answers, bytes, latencies, the CPU time of the server's process and its own.

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "torq/base/clock.hpp"

namespace torq::bench {

/// Latencies in buckets of equal ratio: 64 to each power of two, so the error is under 1.6 %.
class Histogram {
 public:
  void add(Duration latency);
  /// The least latency that `share` (0..1) of all do not exceed.
  Duration at(double share) const;
  std::uint64_t count() const { return count_; }

 private:
  static constexpr unsigned kSteps = 64;
  std::array<std::uint64_t, 64 * kSteps> buckets_{};
  std::uint64_t count_ = 0;
};

class Gauge {
 public:
  /// `server` is the process whose CPU time is read; 0 is none.
  explicit Gauge(pid_t server) : server_(server) {}

  void begin(Instant now);
  void end(Instant now);
  void answer(Duration latency) {
    if (open_) latencies_.add(latency);
  }
  void bytes(std::uint64_t n) {
    if (open_) bytes_ += n;
  }
  void error() { ++errors_; }
  std::uint64_t answers() const { return latencies_.count(); }
  std::uint64_t errors() const { return errors_; }

  /// The members of a JSON object, without its braces.
  std::string json() const;

 private:
  struct Cpu {
    std::int64_t server_ns = 0;
    std::int64_t own_ns = 0;
  };
  Cpu read_cpu() const;

  pid_t server_;
  bool open_ = false;
  Instant begun_{};
  Duration wall_{};
  Cpu cpu_;
  Histogram latencies_;
  std::uint64_t bytes_ = 0;
  std::uint64_t errors_ = 0;
};

}  // namespace torq::bench
