// SPDX-License-Identifier: MIT
#pragma once
// What all HTTP/3 conversations of a worker share: the site that both HTTP versions answer from, and what is said in
// each response. One per worker, on its thread.

#include "torq/h3/session.hpp"
#include "torq/web/date_field.hpp"
#include "torq/web/site.hpp"

namespace torq::doors::http3 {

struct DoorOptions {
  h3::Limits limits;
  /// The Unix time of Instant(), for the Date field.
  Duration unix_time_at_zero{};
};

/// `site` outlives the door, and the door its conversations.
class Door {
 public:
  Door(web::Site& site, const DoorOptions& options)
      : site_(site), limits_(options.limits), date_(options.unix_time_at_zero) {}

  web::Site& site() { return site_; }
  const h3::Limits& limits() const { return limits_; }
  std::string_view date(Instant now) { return date_.at(now); }

 private:
  web::Site& site_;
  h3::Limits limits_;
  web::DateField date_;
};

}  // namespace torq::doors::http3
