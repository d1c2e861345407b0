// SPDX-License-Identifier: MIT
#pragma once
// The main thread of a verb that waits for something: work that other threads hand to it runs here one by one, until
// the verb is finished or a person (SIGINT) or a supervisor (SIGTERM) wants it to end. The second signal ends the
// process at once, with ExitCode::kInterrupted.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

namespace torq::app {

class Foreground {
 public:
  Foreground();

  /// Any thread.
  void post(std::function<void()> work);
  /// Main thread: `work` again and again, until run() returns.
  void every(std::chrono::milliseconds interval, std::function<void()> work);
  /// Main thread, from posted work: run() returns after it.
  void finish();
  /// False when a signal ended it.
  bool run();

 private:
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  bool interrupted_ = false;
};

}  // namespace torq::app
