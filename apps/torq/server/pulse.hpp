// SPDX-License-Identifier: MIT
#pragma once
// Asks all workers how they are, again and again and when somebody wants to know. What they count are plain numbers of
// their own threads; they are copied there and come here, so that counting costs no lock and no atomic. Whether all of
// them answer is the server's sign of life. Main thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "apps/torq/server/worker.hpp"

namespace torq::app {

class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  struct Reading {
    WorkerFigures figures;
    Clock::time_point answered;      ///< when that was
    double requests_per_second = 0;  ///< over the last ten seconds or so
  };

  /// `workers` must be there, and run, while `loop` runs. `all_answered` is called after each round, one `period` or
  /// less after the last if they do.
  Pulse(boost::asio::io_context& loop, std::span<const std::unique_ptr<Worker>> workers, Clock::duration period,
        std::function<void()> all_answered);

  void start();
  /// `told` when all workers have answered a question that was asked after this call.
  void ask(std::function<void()> told);
  /// The last that each worker has said.
  const std::vector<Reading>& readings() const { return readings_; }

 private:
  struct Sample {
    Clock::time_point when;
    std::uint64_t requests;
  };

  void begin_round();
  void take(std::size_t worker, const WorkerFigures& figures);
  void end_round();
  void note_rate(std::size_t worker);

  boost::asio::io_context& loop_;
  const std::span<const std::unique_ptr<Worker>> workers_;
  const Clock::duration period_;
  const std::function<void()> all_answered_;
  boost::asio::steady_timer timer_;
  std::vector<Reading> readings_;
  std::vector<std::deque<Sample>> samples_;
  std::size_t pending_ = 0;                   // answers to the round that is under way
  std::vector<std::function<void()>> told_;   // by that round
  std::vector<std::function<void()>> waits_;  // for the next one
};

/// Everything that was asked by any door, understood or not.
std::uint64_t requests_of(const WorkerFigures& figures);

}  // namespace torq::app
