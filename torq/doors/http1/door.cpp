// SPDX-License-Identifier: MIT
#include "torq/doors/http1/door.hpp"

#include "torq/doors/http1/session.hpp"
#include "torq/web/http_date.hpp"

namespace torq::doors::http1 {

std::unique_ptr<net::ByteSession> Door::begin_session(const SocketAddress& peer) {
  return std::make_unique<Session>(*this, peer.ip);
}

Surroundings Door::surroundings(Instant now) {
  const auto time = std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<Duration>(now.time_since_epoch() + options_.unix_time_at_zero));
  if (date_.empty() || time != dated_) {
    dated_ = time;
    date_ = web::http_date(time);
  }
  return {date_, options_.alt_svc};
}

}  // namespace torq::doors::http1
