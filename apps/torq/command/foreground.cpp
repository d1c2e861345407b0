// SPDX-License-Identifier: MIT
#include "apps/torq/command/foreground.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <string_view>
#include <utility>

#include "apps/torq/command/verb.hpp"

namespace torq::app {
namespace {

// What a signal handler may do, and no more.
extern "C" void end_at_once(int) {
  constexpr std::string_view kWords = "torq: a second signal ends this at once\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  ::_exit(static_cast<int>(ExitCode::kInterrupted));
}

// Asio gives the signals back to their default action, which says nothing.
void await_a_second(boost::asio::signal_set& signals) {
  signals.clear();
  std::signal(SIGINT, end_at_once);
  std::signal(SIGTERM, end_at_once);
}

}  // namespace

Foreground::Foreground() : signals_(loop_, SIGINT, SIGTERM), timer_(loop_) {
  // A reader of our output that goes away, and a limit to the size of files, are failed writes, which end the verb in
  // order.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    interrupted_ = true;
    await_a_second(signals_);
    loop_.stop();
  });
}

void Foreground::post(std::function<void()> work) { boost::asio::post(loop_, std::move(work)); }

void Foreground::every(std::chrono::milliseconds interval, std::function<void()> work) {
  timer_.expires_after(interval);
  timer_.async_wait([this, interval, work = std::move(work)](boost::system::error_code error) {
    if (error) return;
    work();
    every(interval, work);
  });
}

void Foreground::finish() { loop_.stop(); }

bool Foreground::run() {
  loop_.run();
  return !interrupted_;
}

}  // namespace torq::app
