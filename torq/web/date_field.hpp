// SPDX-License-Identifier: MIT
#pragma once
// The Date of a response (RFC 9110 6.6.1), written once a second. One per door, on its thread.

#include <string>
#include <string_view>

#include "torq/base/clock.hpp"

namespace torq::web {

class DateField {
 public:
  /// The Unix time of Instant().
  explicit DateField(Duration unix_time_at_zero) : unix_time_at_zero_(unix_time_at_zero) {}

  /// Valid until the next call.
  std::string_view at(Instant now);

 private:
  Duration unix_time_at_zero_;
  std::chrono::sys_seconds dated_{};  // what `text_` says
  std::string text_;
};

}  // namespace torq::web
