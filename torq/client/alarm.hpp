// SPDX-License-Identifier: MIT
#pragma once
// One deadline. Unlike a bare Asio timer, whose completion may be queued already when it is cancelled, its callback is
// never called after cancel(), another set() or its destruction. Belongs to its loop's thread; internal to client/.

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "torq/base/clock.hpp"

namespace torq::client {

class Alarm {
 public:
  explicit Alarm(boost::asio::io_context& loop) : timer_(loop) {}

  void set(Instant when, std::function<void()> ring);
  void cancel();
  const std::optional<Instant>& when() const { return when_; }

 private:
  boost::asio::steady_timer timer_;
  std::optional<Instant> when_;
  std::shared_ptr<bool> wanted_;  // the wait that is under way, if any, holds a weak reference
};

}  // namespace torq::client
