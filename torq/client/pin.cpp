// SPDX-License-Identifier: MIT
#include "torq/client/pin.hpp"

#include <array>
#include <cstddef>

#include "torq/base/hex.hpp"

namespace torq::client {

Result<std::string, std::string> parse_pin(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  std::array<std::byte, 32> digest{};
  if (!text.starts_with(kPrefix) || !from_hex(text.substr(kPrefix.size()), digest)) {
    return Failure(std::string("a pin is sha256: and 64 hexadecimal digits"));
  }
  return std::string(kPrefix) + to_hex(digest);
}

}  // namespace torq::client
