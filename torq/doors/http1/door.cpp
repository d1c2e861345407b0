// SPDX-License-Identifier: MIT
#include "torq/doors/http1/door.hpp"

#include "torq/doors/http1/session.hpp"

namespace torq::doors::http1 {

std::unique_ptr<net::ByteSession> Door::begin_session(const SocketAddress& peer) {
  return std::make_unique<Session>(*this, peer.ip);
}

Surroundings Door::surroundings(Instant now) { return {date_.at(now), options_.alt_svc}; }

}  // namespace torq::doors::http1
