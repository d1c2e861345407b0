// SPDX-License-Identifier: MIT
#pragma once
// What came of a GET, whatever the version of HTTP. A plain value.

#include <cstdint>
#include <string>

namespace torq::wire {

struct HttpAnswer {
  std::uint16_t status = 0;
  std::string location = {};  ///< where to go on to (RFC 9110 10.2.2); empty when there is no such field
  std::string body = {};
};

}  // namespace torq::wire
