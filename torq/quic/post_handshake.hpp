// SPDX-License-Identifier: MIT
#pragma once
// Which TLS messages may come once the handshake is over: of a server session tickets, of a client none (RFC 9001 4.4
// and 6). All others end the connection before the TLS library sees them: GnuTLS would obey a KeyUpdate, and ngtcp2
// aborts when keys are installed that it did not ask for. Pure; one for each connection.

#include <array>
#include <cstddef>

#include "torq/base/bytes.hpp"

namespace torq::quic {

class PostHandshake {
 public:
  /// What follows in the stream of CRYPTO frames, in whatever pieces. False: it is unexpected, and so is what follows.
  bool admits_from_server(Bytes bytes);

 private:
  static constexpr std::size_t kHeaderSize = 4;  // type, and three bytes of length (RFC 8446 4)

  std::array<std::byte, kHeaderSize> header_{};
  std::size_t header_have_ = 0;
  std::size_t body_left_ = 0;
};

}  // namespace torq::quic
