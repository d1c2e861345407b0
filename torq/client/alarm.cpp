// SPDX-License-Identifier: MIT
#include "torq/client/alarm.hpp"

#include <utility>

namespace torq::client {

void Alarm::set(Instant when, std::function<void()> ring) {
  when_ = when;
  wanted_ = std::make_shared<bool>(true);
  using SteadyClock = std::chrono::steady_clock;
  timer_.expires_at(
      SteadyClock::time_point(std::chrono::duration_cast<SteadyClock::duration>(when.time_since_epoch())));
  timer_.async_wait([this, wanted = std::weak_ptr(wanted_), call = std::move(ring)](boost::system::error_code) {
    if (wanted.expired()) return;
    when_.reset();
    wanted_.reset();
    call();  // may destroy the alarm
  });
}

void Alarm::cancel() {
  when_.reset();
  wanted_.reset();
  timer_.cancel();
}

}  // namespace torq::client
