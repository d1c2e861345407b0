// SPDX-License-Identifier: MIT
#include "apps/torq/foreground.hpp"

#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

namespace torq::app {

Foreground::Foreground() : signals_(loop_, SIGINT, SIGTERM) {
  // A reader of our output that goes away is a failed write, which ends the verb in order.
  std::signal(SIGPIPE, SIG_IGN);
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    interrupted_ = true;
    signals_.clear();
    loop_.stop();
  });
}

void Foreground::post(std::function<void()> work) { boost::asio::post(loop_, std::move(work)); }

void Foreground::finish() { loop_.stop(); }

bool Foreground::run() {
  loop_.run();
  return !interrupted_;
}

}  // namespace torq::app
