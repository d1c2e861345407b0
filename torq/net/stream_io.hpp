// SPDX-License-Identifier: MIT
#pragma once
// What came of reading or writing a byte stream without waiting.

#include <cstddef>
#include <cstdint>

namespace torq::net {

struct StreamIo {
  enum class Kind : std::uint8_t {
    kDone,    ///< `size` bytes, at least one
    kAgain,   ///< nothing now
    kEnd,     ///< of reading: the peer sends no more
    kBroken,  ///< the connection is of no more use
  };
  Kind kind = Kind::kBroken;
  std::size_t size = 0;
};

}  // namespace torq::net
