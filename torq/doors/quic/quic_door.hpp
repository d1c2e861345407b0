// SPDX-License-Identifier: MIT
#pragma once
// What stands behind a server's QUIC endpoint: gives each stream to the protocol that it speaks. Today that is the JSON
// protocol; a stream that begins as an HTTP/3 request does is refused, and its connection lives (docs/wire.md, "Which
// protocol a stream speaks"). One per worker, on its thread.

#include <unordered_map>

#include "torq/doors/quic_json/exchange.hpp"
#include "torq/net/quic_driver.hpp"

namespace torq::doors::quic {

class QuicDoor final : public net::QuicApplication {
 public:
  explicit QuicDoor(quic_json::Service& service) : service_(service) {}

  void handle_event(Instant now, torq::quic::Endpoint& endpoint, const torq::quic::Event& event) override;

 private:
  using Exchanges = std::unordered_map<torq::quic::StreamId, quic_json::Exchange>;

  void handle_readable(Instant now, torq::quic::Connection& connection, torq::quic::StreamId stream);

  quic_json::Service& service_;
  std::unordered_map<torq::quic::ConnectionHandle, Exchanges> connections_;
};

}  // namespace torq::doors::quic
