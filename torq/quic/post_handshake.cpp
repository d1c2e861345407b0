// SPDX-License-Identifier: MIT
#include "torq/quic/post_handshake.hpp"

#include <algorithm>

namespace torq::quic {

bool PostHandshake::admits_from_server(Bytes bytes) {
  constexpr std::byte kNewSessionTicket{4};
  while (!bytes.empty()) {
    if (body_left_ > 0) {
      const std::size_t n = std::min(body_left_, bytes.size());
      bytes = bytes.subspan(n);
      body_left_ -= n;
      continue;
    }
    header_[header_have_++] = bytes.front();
    bytes = bytes.subspan(1);
    if (header_[0] != kNewSessionTicket) return false;
    if (header_have_ < kHeaderSize) continue;
    header_have_ = 0;
    for (std::size_t i = 1; i < kHeaderSize; ++i)
      body_left_ = body_left_ << 8 | std::to_integer<std::size_t>(header_[i]);
  }
  return true;
}

}  // namespace torq::quic
