// SPDX-License-Identifier: MIT
#pragma once
// The answers to the datagrams of one batch, on their way to one sendmmsg. Allocated once. Internal to this module.

#include <vector>

#include "torq/net/datagram_application.hpp"
#include "torq/net/udp_socket.hpp"

namespace torq::net {

class AnswerBatch {
 public:
  AnswerBatch();

  /// Asks, and keeps the answer; sends all through `socket` when there is no room for another.
  void ask(DatagramApplication& application, Instant now, const quic::Path& path, Bytes datagram, UdpSocket& socket);
  /// What a full socket does not take is lost, as a request may be: whoever waits for it asks again.
  void send(UdpSocket& socket);

  /// How many were lost so.
  std::uint64_t unsent() const { return unsent_; }

 private:
  static constexpr std::size_t kCount = 64;

  std::vector<std::byte> area_;
  std::vector<Outgoing> answers_;  // into area_
  std::uint64_t unsent_ = 0;
};

}  // namespace torq::net
