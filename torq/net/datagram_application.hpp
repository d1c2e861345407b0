// SPDX-License-Identifier: MIT
#pragma once
// What answers single datagrams on the sockets of a QuicDriver: a protocol without connections, beside QUIC on its port
// or on one of its own. It knows no socket, and is called on the driver's thread.

#include <cstddef>
#include <cstdint>
#include <span>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/net/udp_socket.hpp"

namespace torq::net {

class DatagramApplication {
 public:
  static constexpr std::size_t kMaxAnswer = 1200;
  /// Where an answer is written.
  using Room = std::span<std::byte, kMaxAnswer>;

  virtual ~DatagramApplication() = default;
  /// These came together, and answer() will be asked about each: time to fetch from memory what that needs, of all at
  /// once. Changes nothing.
  virtual void foresee(std::span<const Bytes> datagrams) { static_cast<void>(datagrams); }
  /// How many bytes the answer to `source` has; 0: none.
  virtual std::size_t answer(Instant now, const SocketAddress& source, Bytes datagram, Room room) = 0;
};

/// What is spoken on a socket.
enum class UdpSpeech : std::uint8_t {
  kQuic,       ///< QUIC alone
  kDatagrams,  ///< that of the DatagramApplication alone
  kEither,     ///< both, told apart by the first byte: see quic::could_be_quic()
};

struct UdpPort {
  UdpSocket socket;
  UdpSpeech speech = UdpSpeech::kEither;
};

}  // namespace torq::net
