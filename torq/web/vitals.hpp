// SPDX-License-Identifier: MIT
#pragma once
// What the routes /stats and /readyz ask of the server that they are part of. Any thread may ask.

#include <string>

namespace torq::web {

class Vitals {
 public:
  virtual ~Vitals() = default;
  /// False once the server has been told to end: whoever sends it requests should look for another.
  virtual bool is_ready() const = 0;
  /// One JSON object.
  virtual std::string figures() const = 0;
};

}  // namespace torq::web
