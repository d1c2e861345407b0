// SPDX-License-Identifier: MIT
#include "torq/doors/quic/quic_door.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "torq/doors/quic_json/codes.hpp"

namespace torq::doors::quic {
namespace {

namespace q = torq::quic;
using quic_json::Exchange;

// The types of HTTP/3's own unidirectional streams (RFC 9114 6.2.1, RFC 9204 4.2), and the frame that a request begins
// with (RFC 9114 7.2.2).
constexpr std::byte kControlStream{0x00};
constexpr std::byte kEncoderStream{0x02};
constexpr std::byte kDecoderStream{0x03};
constexpr std::byte kHeadersFrame{0x01};

constexpr std::size_t kForeseen = 32;  // events: what they need stays in the processor's cache until they are handled

bool begins_json(std::byte first) {
  return std::string_view("{ \t\n\r").find(static_cast<char>(first)) != std::string_view::npos;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

void QuicDoor::Guest::forget(q::StreamId stream) {
  const auto known = streams.find(stream);
  if (known == streams.end()) return;
  if (const auto* exchange = std::get_if<Exchange>(&known->second)) pending -= exchange->held();
  streams.erase(known);
}

void QuicDoor::Guest::ignore(q::StreamId stream) {
  forget(stream);
  streams.emplace(stream, Unheard{});
}

void QuicDoor::handle_event(Instant now, q::Endpoint& endpoint, const q::Event& event) {
  q::Connection* connection = endpoint.find(event.connection);
  if (connection == nullptr) return;
  if (std::holds_alternative<q::Closed>(event.what)) {
    guests_.erase(event.connection);
    return;
  }
  Guest& guest = guests_[event.connection];
  std::visit(Overloaded{
                 [&](const q::StreamReadable& e) { handle_readable(now, guest, *connection, e.stream); },
                 [&](const q::StreamWritable& e) { handle_writable(now, guest, *connection, e.stream); },
                 [&](const q::StreamReset& e) {
                   if (guest.http3) guest.http3->handle_reset(now, *connection, e.stream);
                   connection->reset(e.stream, quic_json::kRequestCancelled);
                   guest.ignore(e.stream);
                 },
                 [&](const q::StreamStopped& e) {
                   if (guest.http3) guest.http3->handle_stopped(now, *connection, e.stream);
                   connection->stop_sending(e.stream, quic_json::kRequestCancelled);
                   guest.ignore(e.stream);
                 },
                 [&](const q::StreamClosed& e) {
                   guest.forget(e.stream);
                   if (guest.http3) guest.http3->handle_closed(e.stream);
                 },
                 [&](const q::StreamsAvailable&) {
                   if (guest.http3) guest.http3->handle_streams_available(now, *connection);
                 },
                 [](const auto&) {},  // a server waits for requests
             },
             event.what);
  if (guest.http3 && guest.http3->fault()) end_http3(now, guest, endpoint, *connection);
  connection->note_held(guest.held());
}

// The requests that wait are announces, for the most part, which begin with their swarm.
std::size_t QuicDoor::foresee(q::Endpoint& endpoint) {
  std::array<InfoHash, kForeseen> swarms;
  std::size_t count = 0;
  const std::size_t events = std::min(endpoint.waiting_events(), kForeseen);
  for (std::size_t i = 0; i < events; ++i) {
    const q::Event& event = endpoint.waiting_event(i);
    const auto* readable = std::get_if<q::StreamReadable>(&event.what);
    q::Connection* connection = readable == nullptr ? nullptr : endpoint.find(event.connection);
    if (connection == nullptr) continue;
    if (const auto swarm = service_.swarm_of(connection->glance(readable->stream))) swarms[count++] = *swarm;
  }
  if (count > 1) service_.foresee(std::span(swarms).first(count));
  return events;
}

http3::Conversation& QuicDoor::http3_of(Guest& guest) {
  if (!guest.http3) guest.http3 = std::make_unique<http3::Conversation>(http3_);
  return *guest.http3;
}

// By the first byte of a stream. Whatever is not clearly something else is JSON, or becomes an error answer that says
// what is wrong with it.
QuicDoor::Speech QuicDoor::recognise(Guest& guest, q::StreamId stream, const q::Connection::Incoming& incoming) {
  const bool is_request = q::is_bidirectional(stream);
  if (incoming.bytes.empty()) return is_request ? Speech(Exchange(stream)) : Speech(Unheard{});
  const std::byte first = incoming.bytes.front();
  if (is_request) {
    const bool over_http3 =
        first == kHeadersFrame || (guest.http3 && guest.http3->control_seen() && !begins_json(first));
    if (!over_http3) return Exchange(stream);
    http3_of(guest);
    return OverHttp3{};
  }
  const bool is_http3s = first == kControlStream || first == kEncoderStream || first == kDecoderStream;
  if (!is_http3s && !guest.http3) return Unheard{};
  if (first == kControlStream) http3_of(guest).note_control_stream();
  http3_of(guest);
  return OverHttp3{};
}

void QuicDoor::handle_readable(Instant now, Guest& guest, q::Connection& connection, q::StreamId stream) {
  auto known = guest.streams.find(stream);
  if (known == guest.streams.end()) {
    const auto incoming = connection.peek(stream);
    if (incoming.bytes.empty() && !incoming.last) return connection.consume(stream, 0);
    Speech speech = recognise(guest, stream, incoming);
    if (auto* exchange = std::get_if<Exchange>(&speech)) return begin(now, guest, connection, stream, *exchange);
    // A request that has come whole is not read from again, and need not be remembered here.
    const bool is_whole = incoming.last && std::holds_alternative<OverHttp3>(speech);
    if (is_whole) {
      guest.http3->handle_readable(now, connection, stream);
      if (guest.http3->is_over(stream)) connection.conclude(stream);
      return;
    }
    known = guest.streams.emplace(stream, std::move(speech)).first;
  }
  std::visit(Overloaded{
                 [&](Exchange& exchange) {
                   guest.pending -= exchange.held();
                   exchange.handle_readable(now, service_, connection);
                   guest.pending += exchange.held();
                 },
                 [&](OverHttp3) { guest.http3->handle_readable(now, connection, stream); },
                 [&](Unheard) { connection.consume(stream, connection.peek(stream).bytes.size()); },
             },
             known->second);
}

// The usual is a request that has come whole and is answered at once: nothing of it needs to be remembered.
void QuicDoor::begin(Instant now, Guest& guest, q::Connection& connection, q::StreamId stream, Exchange& exchange) {
  exchange.handle_readable(now, service_, connection);
  if (exchange.done()) {
    // To HTTP/3 clients can speak of any stream: there its end is told to whoever has heard of it.
    if (!guest.http3) connection.conclude(stream);
    return;
  }
  guest.pending += exchange.held();
  guest.streams.emplace(stream, std::move(exchange));
}

void QuicDoor::handle_writable(Instant now, Guest& guest, q::Connection& connection, q::StreamId stream) {
  const auto known = guest.streams.find(stream);
  Exchange* exchange = known == guest.streams.end() ? nullptr : std::get_if<Exchange>(&known->second);
  if (exchange != nullptr) {
    guest.pending -= exchange->held();
    exchange->handle_writable(connection);
    guest.pending += exchange->held();
    return;
  }
  if (guest.http3) guest.http3->handle_writable(now, connection, stream);  // of ours, too
}

void QuicDoor::give_up(Guest& guest, q::Connection& connection, q::StreamId stream, std::uint64_t code) {
  guest.ignore(stream);
  connection.reset(stream, code);
  connection.stop_sending(stream, code);
}

// A broken session ends its connection (RFC 9114 8). But what came from a client that has shown no more of HTTP/3 than
// a byte 0x01 costs that stream alone: the others may be in the middle of something else.
void QuicDoor::end_http3(Instant now, Guest& guest, q::Endpoint& endpoint, q::Connection& connection) {
  const h3::Fault fault = *guest.http3->fault();
  if (!guest.http3->is_tentative()) return endpoint.abort(now, connection.handle(), fault.code, fault.text);
  for (const q::StreamId stream : guest.http3->open_requests()) give_up(guest, connection, stream, fault.code);
  for (auto& [stream, speech] : guest.streams) {
    if (std::holds_alternative<OverHttp3>(speech)) speech = Unheard{};
  }
  guest.http3.reset();
}

void QuicDoor::drain(Instant now, q::Endpoint& endpoint) {
  for (auto& [handle, guest] : guests_) {
    q::Connection* connection = endpoint.find(handle);
    if (connection != nullptr && guest.http3) guest.http3->drain(now, *connection);
  }
}

}  // namespace torq::doors::quic
