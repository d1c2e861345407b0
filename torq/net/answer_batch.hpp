// SPDX-License-Identifier: MIT
#pragma once
// The datagrams of one batch that ask a DatagramApplication, and its answers, on their way to one sendmmsg. Allocated
// once. Internal to this module.

#include <vector>

#include "torq/net/datagram_application.hpp"
#include "torq/net/udp_socket.hpp"

namespace torq::net {

class AnswerBatch {
 public:
  AnswerBatch();

  bool is_full() const { return datagrams_.size() == kCount; }
  /// `datagram` stays where it is until answer(). Not when it is full.
  void add(const quic::Path& path, Bytes datagram);
  /// Asks about all, and sends the answers through `socket`. What a full socket does not take is lost, as a request may
  /// be: whoever waits for it asks again. False when there was none.
  bool answer(DatagramApplication& application, Instant now, UdpSocket& socket);

  /// How many were lost so.
  std::uint64_t unsent() const { return unsent_; }

 private:
  static constexpr std::size_t kCount = 64;
  // Of fewer nobody waits for the others' answers: there is time for a system call for each.
  static constexpr std::size_t kBusy = 16;

  void send(UdpSocket& socket);

  std::vector<quic::Path> paths_;
  std::vector<Bytes> datagrams_;
  std::vector<std::byte> area_;
  std::vector<Outgoing> answers_;  // into area_
  std::uint64_t unsent_ = 0;
};

}  // namespace torq::net
