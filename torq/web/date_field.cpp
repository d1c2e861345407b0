// SPDX-License-Identifier: MIT
#include "torq/web/date_field.hpp"

#include "torq/web/http_date.hpp"

namespace torq::web {

std::string_view DateField::at(Instant now) {
  const auto time = std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<Duration>(now.time_since_epoch() + unix_time_at_zero_));
  if (text_.empty() || time != dated_) {
    dated_ = time;
    text_ = http_date(time);
  }
  return text_;
}

}  // namespace torq::web
