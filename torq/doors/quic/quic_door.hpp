// SPDX-License-Identifier: MIT
#pragma once
// What stands behind a server's QUIC endpoint: gives each stream to the protocol that it speaks, the JSON protocol or
// HTTP/3, which may share a connection (docs/wire.md, "Which protocol a stream speaks"). One per worker, on its thread.

#include <memory>
#include <unordered_map>
#include <variant>

#include "torq/doors/http3/conversation.hpp"
#include "torq/doors/quic_json/exchange.hpp"
#include "torq/net/quic_driver.hpp"

namespace torq::doors::quic {

class QuicDoor final : public net::QuicApplication {
 public:
  /// Both outlive the door.
  QuicDoor(quic_json::Service& service, http3::Door& http3) : service_(service), http3_(http3) {}

  void handle_event(Instant now, torq::quic::Endpoint& endpoint, const torq::quic::Event& event) override;

  std::size_t foresee(torq::quic::Endpoint& endpoint) override;

  /// To be called now and then once the server is ending: HTTP/3 clients are told so.
  void drain(Instant now, torq::quic::Endpoint& endpoint);

 private:
  struct OverHttp3 {};
  /// Nobody's: what comes is dropped.
  struct Unheard {};
  using Speech = std::variant<quic_json::Exchange, OverHttp3, Unheard>;

  struct Guest {
    std::unordered_map<torq::quic::StreamId, Speech> streams;  // of the client's, from their first byte to their end
    std::unique_ptr<http3::Conversation> http3;                // once one of them speaks it
    std::size_t pending = 0;                                   // bytes of answers that wait in the exchanges

    std::size_t held() const { return pending + (http3 ? http3->held() : 0); }
    /// Nothing is kept of the stream.
    void forget(torq::quic::StreamId stream);
    /// What still comes on it is nobody's.
    void ignore(torq::quic::StreamId stream);
  };

  http3::Conversation& http3_of(Guest& guest);
  Speech recognise(Guest& guest, torq::quic::StreamId stream, const torq::quic::Connection::Incoming& incoming);
  void handle_readable(Instant now, Guest& guest, torq::quic::Connection& connection, torq::quic::StreamId stream);
  void begin(Instant now, Guest& guest, torq::quic::Connection& connection, torq::quic::StreamId stream,
             quic_json::Exchange& exchange);
  void handle_writable(Instant now, Guest& guest, torq::quic::Connection& connection, torq::quic::StreamId stream);
  static void give_up(Guest& guest, torq::quic::Connection& connection, torq::quic::StreamId stream,
                      std::uint64_t code);
  static void end_http3(Instant now, Guest& guest, torq::quic::Endpoint& endpoint, torq::quic::Connection& connection);

  quic_json::Service& service_;
  http3::Door& http3_;
  std::unordered_map<torq::quic::ConnectionHandle, Guest> guests_;
};

}  // namespace torq::doors::quic
