// SPDX-License-Identifier: MIT
#pragma once
// How far a download is, as one line at the foot of a terminal that is written over and over, and gone at the end. Not
// a log: where standard error is no terminal nothing is written. The caller decides how often it draws. Main thread.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace torq::app {

struct ProgressState {
  std::uint64_t here = 0;              ///< bytes
  std::optional<std::uint64_t> total;  ///< bytes, when that is known of every file
  std::uint64_t per_second = 0;
  std::size_t files_done = 0;
  std::size_t files = 1;
};

/// Fits `columns`, less one so that no terminal begins a new line; the least important goes first.
std::string progress_line(const ProgressState& state, std::size_t columns);

/// Bytes per second over the last few seconds.
class Rate {
 public:
  void note(std::chrono::steady_clock::time_point now, std::uint64_t received);
  std::uint64_t per_second() const;

 private:
  struct Sample {
    std::chrono::steady_clock::time_point when;
    std::uint64_t received;
  };
  std::deque<Sample> samples_;
};

class ProgressLine {
 public:
  /// Silent unless `wanted`, and standard error is a terminal that can erase a line.
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool shown() const { return shown_; }
  void draw(const ProgressState& state);
  /// Any line of ASCII, cut to fit.
  void draw_text(std::string line);
  /// Before anything else is written to the terminal.
  void clear();

 private:
  const bool shown_;
  std::string drawn_;  // what stands there now
};

}  // namespace torq::app
