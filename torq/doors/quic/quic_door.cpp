// SPDX-License-Identifier: MIT
#include "torq/doors/quic/quic_door.hpp"

#include "torq/doors/quic_json/codes.hpp"

namespace torq::doors::quic {
namespace {

namespace q = torq::quic;
using quic_json::Exchange;

constexpr std::byte kHttp3Headers{0x01};  // the frame that an HTTP/3 request begins with (RFC 9114 7.2.2)

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

void refuse(q::Connection& connection, q::StreamId stream, std::uint64_t code) {
  connection.reset(stream, code);
  connection.stop_sending(stream, code);
}

}  // namespace

void QuicDoor::handle_event(Instant now, q::Endpoint& endpoint, const q::Event& event) {
  q::Connection* connection = endpoint.find(event.connection);
  if (connection == nullptr) return;
  Exchanges& exchanges = connections_[event.connection];
  std::visit(Overloaded{
                 [&](const q::StreamReadable& e) { handle_readable(now, *connection, e.stream); },
                 [&](const q::StreamWritable& e) {
                   const auto it = exchanges.find(e.stream);
                   if (it != exchanges.end()) it->second.handle_writable(*connection);
                 },
                 [&](const q::StreamReset& e) {
                   exchanges.erase(e.stream);
                   connection->reset(e.stream, quic_json::kRequestCancelled);
                 },
                 [&](const q::StreamStopped& e) {
                   exchanges.erase(e.stream);
                   connection->stop_sending(e.stream, quic_json::kRequestCancelled);
                 },
                 [&](const q::StreamClosed& e) { exchanges.erase(e.stream); },
                 [&](const q::Closed&) { connections_.erase(event.connection); },
                 [](const auto&) {},  // Connected, StreamsAvailable: a server waits for requests
             },
             event.what);
}

void QuicDoor::handle_readable(Instant now, q::Connection& connection, q::StreamId stream) {
  Exchanges& exchanges = connections_[connection.handle()];
  const auto known = exchanges.find(stream);
  if (known != exchanges.end()) return known->second.handle_readable(now, service_, connection);
  const auto incoming = connection.peek(stream);
  if (!incoming.bytes.empty() && incoming.bytes.front() == kHttp3Headers) {
    return refuse(connection, stream, quic_json::kRequestRejected);
  }
  // Anything else is JSON or becomes an error answer that says what is wrong with it.
  exchanges.try_emplace(stream, stream).first->second.handle_readable(now, service_, connection);
}

}  // namespace torq::doors::quic
