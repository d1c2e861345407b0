// SPDX-License-Identifier: MIT
#include "apps/torq/foreground.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

namespace torq::app {

Foreground::Foreground() : signals_(loop_, SIGINT, SIGTERM), timer_(loop_) {
  // A reader of our output that goes away, and a limit to the size of files, are failed writes, which end the verb in
  // order.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    interrupted_ = true;
    signals_.clear();
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
