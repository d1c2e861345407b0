// SPDX-License-Identifier: MIT
#pragma once
// The HTTP/1.1 door: makes a session for each connection that a TcpServer accepts, over the site that both HTTP
// versions share. One per worker, on its thread.

#include <memory>
#include <string>

#include "torq/base/clock.hpp"
#include "torq/doors/http1/head_encoder.hpp"
#include "torq/net/tcp_server.hpp"
#include "torq/web/site.hpp"

namespace torq::doors::http1 {

/// What one connection can make the door hold.
struct Limits {
  std::size_t head_bytes = 16 * 1024;      ///< of a request
  std::uint64_t body_bytes = 64 * 1024;    ///< of a request; they are thrown away
  std::size_t pending_bytes = 256 * 1024;  ///< of answers that the client does not take, before it may ask on
  std::size_t block_bytes = 64 * 1024;     ///< of a file, read at a time
};

struct DoorOptions {
  Limits limits;
  /// The Unix time of Instant(), for the Date field.
  Duration unix_time_at_zero{};
  std::string alt_svc;  ///< the same server over HTTP/3; empty: none
};

class Door final : public net::TcpApplication {
 public:
  /// `site` outlives the door, and the door its sessions.
  Door(web::Site& site, DoorOptions options) : site_(site), options_(std::move(options)) {}

  std::unique_ptr<net::ByteSession> begin_session(const SocketAddress& peer) override;

  web::Site& site() { return site_; }
  const Limits& limits() const { return options_.limits; }
  Surroundings surroundings(Instant now);

 private:
  web::Site& site_;
  DoorOptions options_;
  std::chrono::sys_seconds dated_{};  // what `date_` says
  std::string date_;
};

}  // namespace torq::doors::http1
