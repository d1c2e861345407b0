// SPDX-License-Identifier: MIT
#include "echo.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace torq::simulation {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

constexpr std::uint64_t kCancelled = 0x10c;

// No short stretch of an answer is like another stretch of it or of another answer.
std::byte pattern(std::uint64_t number, std::uint64_t offset) {
  const std::uint64_t mixed = (offset + number * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  return static_cast<std::byte>(mixed >> 56);
}

std::byte request_byte(std::uint64_t number, std::uint64_t answer_size, std::size_t offset) {
  std::array<std::uint64_t, 2> head = {number, answer_size};
  if (offset < sizeof(head)) return std::as_bytes(std::span(head))[offset];
  return pattern(~number, offset);
}

template <class ByteAt>
std::vector<std::byte> make_bytes(std::size_t size, ByteAt byte_at) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = byte_at(i);
  return bytes;
}

template <class ByteAt>
bool holds(Bytes bytes, ByteAt byte_at) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != byte_at(i)) return false;
  }
  return true;
}

}  // namespace

// Responder ----------------------------------------------------------------------------------------------------------

void Responder::handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) {
  if (const auto* newcomer = std::get_if<quic::Refused>(&event.what)) return refused.push_back(newcomer->reason);
  quic::Connection& connection = *endpoint.find(event.connection);
  const auto forget = [&](quic::StreamId stream) { exchanges_.erase({event.connection, stream}); };
  std::visit(Overloaded{
                 [&](const quic::Connected&) { ++connections; },
                 [&](const quic::StreamReadable& e) { read(now, connection, e.stream); },
                 [&](const quic::StreamWritable& e) {
                   const auto it = exchanges_.find({event.connection, e.stream});
                   if (it != exchanges_.end()) write(connection, e.stream, it->second);
                 },
                 [&](const quic::StreamReset& e) {
                   ++resets_seen;
                   forget(e.stream);
                   connection.reset(e.stream, kCancelled);
                 },
                 [&](const quic::StreamStopped& e) {
                   ++stops_seen;
                   forget(e.stream);
                   connection.stop_sending(e.stream, kCancelled);
                 },
                 [&](const quic::StreamClosed& e) { forget(e.stream); },
                 [&](const quic::Closed& e) {
                   closed.push_back(e.reason);
                   std::erase_if(exchanges_, [&](const auto& entry) { return entry.first.first == event.connection; });
                 },
                 [&](const auto&) {},  // what clients hear
             },
             event.what);
}

void Responder::read(Instant now, quic::Connection& connection, quic::StreamId stream) {
  Exchange& exchange = exchanges_[{connection.handle(), stream}];
  const auto incoming = connection.peek(stream);
  exchange.request.insert(exchange.request.end(), incoming.bytes.begin(), incoming.bytes.end());
  const bool last = incoming.last;
  connection.consume(stream, incoming.bytes.size());
  if (exchange.answering) return;
  if (exchange.request.size() > largest_request) {
    begin(now, connection, stream, exchange);
    return connection.stop_sending(stream, kCancelled);
  }
  if (last) begin(now, connection, stream, exchange);
}

void Responder::begin(Instant now, quic::Connection& connection, quic::StreamId stream, Exchange& exchange) {
  ASSERT_GE(exchange.request.size(), kSmallestRequest);
  std::memcpy(&exchange.number, exchange.request.data(), sizeof(exchange.number));
  std::memcpy(&exchange.answer_size, exchange.request.data() + sizeof(exchange.number), sizeof(exchange.answer_size));
  EXPECT_TRUE(
      holds(exchange.request, [&](std::size_t i) { return request_byte(exchange.number, exchange.answer_size, i); }))
      << "request " << exchange.number << " came changed";
  exchange.answering = true;
  served.push_back({exchange.number, connection.peer(), now});
  write(connection, stream, exchange);
}

void Responder::write(quic::Connection& connection, quic::StreamId stream, Exchange& exchange) {
  constexpr std::size_t kBlock = 5000;
  while (exchange.written < exchange.answer_size) {
    const auto left = static_cast<std::size_t>(exchange.answer_size - exchange.written);
    const auto block = make_bytes(std::min(left, kBlock),
                                  [&](std::size_t i) { return pattern(exchange.number, exchange.written + i); });
    const std::size_t taken = connection.write(stream, block);
    exchange.written += taken;
    if (taken < block.size()) return;
  }
  connection.finish(stream);
}

std::uint64_t Responder::written(std::uint64_t number) const {
  const auto it = std::ranges::find_if(exchanges_, [&](const auto& entry) { return entry.second.number == number; });
  return it == exchanges_.end() ? 0 : it->second.written;
}

// Requester ----------------------------------------------------------------------------------------------------------

void Requester::handle_event(Instant, quic::Endpoint& endpoint, const quic::Event& event) {
  if (std::holds_alternative<quic::Refused>(event.what)) return;
  quic::Connection& connection = *endpoint.find(event.connection);
  const auto with = [&](quic::StreamId stream, auto&& use) {
    if (const auto number = number_of(event.connection, stream)) use(requests_[*number], *number);
  };
  std::visit(Overloaded{
                 [&](const quic::Connected&) {
                   connected_.insert(event.connection);
                   flush(endpoint);
                 },
                 [&](const quic::StreamReadable& e) {
                   with(e.stream, [&](Request& r, std::size_t n) { read(connection, r, n); });
                 },
                 [&](const quic::StreamWritable& e) {
                   with(e.stream, [&](Request& r, std::size_t n) { write(connection, r, n); });
                 },
                 [&](const quic::StreamReset& e) {
                   connection.reset(e.stream, kCancelled);
                   with(e.stream, [&](Request& r, std::size_t) { settle(r); });
                 },
                 [&](const quic::StreamStopped&) {},
                 [&](const quic::StreamClosed& e) {
                   with(e.stream, [&](Request& r, std::size_t) { settle(r); });
                   by_stream_.erase({event.connection, e.stream});
                 },
                 [&](const quic::StreamsAvailable&) {
                   ++streams_available;
                   flush(endpoint);
                 },
                 [&](const quic::NewTicket& e) { tickets.push_back(e.ticket); },
                 [&](const quic::NewToken& e) { tokens.push_back(e.token); },
                 [&](const quic::Closed& e) { close(event.connection, e.reason); },
                 [](const quic::Refused&) {},
             },
             event.what);
}

std::size_t Requester::ask(Request request) {
  requests_.push_back(request);
  waiting_.push_back(requests_.size() - 1);
  return requests_.size() - 1;
}

void Requester::flush(quic::Endpoint& endpoint) {
  std::vector<std::size_t> still;
  for (const std::size_t number : waiting_) {
    Request& request = requests_[number];
    quic::Connection* connection = endpoint.find(request.connection);
    if (connection != nullptr) request.stream = connection->open_stream();
    if (!request.stream) {
      still.push_back(number);
      continue;
    }
    by_stream_[{request.connection, *request.stream}] = number;
    write(*connection, request, number);
  }
  waiting_ = std::move(still);
}

void Requester::write(quic::Connection& connection, Request& request, std::size_t number) {
  const auto rest = make_bytes(request.request_size - request.sent, [&](std::size_t i) {
    return request_byte(number, request.answer_size, request.sent + i);
  });
  request.sent += connection.write(*request.stream, rest);
  if (request.sent == request.request_size && request.finishes) connection.finish(*request.stream);
}

void Requester::read(quic::Connection& connection, Request& request, std::size_t number) {
  const auto incoming = connection.peek(*request.stream);
  if (!request.reads) return connection.consume(*request.stream, 0);
  EXPECT_TRUE(holds(incoming.bytes, [&](std::size_t i) { return pattern(number, request.received + i); }))
      << "the answer to request " << number << " came changed";
  request.received += incoming.bytes.size();
  const bool last = incoming.last;
  connection.consume(*request.stream, incoming.bytes.size());
  if (!last || request.answered || request.abandoned) return;
  EXPECT_EQ(request.received, request.answer_size) << "the answer to request " << number << " has another size";
  request.answered = true;
  ++answered_;
  ++settled_;
}

void Requester::resume(quic::Endpoint& endpoint, std::size_t number) {
  requests_[number].reads = true;
  read(*endpoint.find(requests_[number].connection), requests_[number], number);
}

void Requester::cancel(quic::Endpoint& endpoint, std::size_t number) {
  quic::Connection* connection = endpoint.find(requests_[number].connection);
  connection->reset(*requests_[number].stream, kCancelled);
  stop(endpoint, number);
}

void Requester::stop(quic::Endpoint& endpoint, std::size_t number) {
  endpoint.find(requests_[number].connection)->stop_sending(*requests_[number].stream, kCancelled);
  settle(requests_[number]);
}

void Requester::settle(Request& request) {
  if (request.answered || request.abandoned) return;
  request.abandoned = true;
  ++settled_;
}

void Requester::close(quic::ConnectionHandle connection, const quic::CloseReason& reason) {
  closed_.emplace(connection, reason);
  for (Request& request : requests_) {
    if (request.connection == connection) settle(request);
  }
  std::erase_if(waiting_, [&](std::size_t number) { return requests_[number].connection == connection; });
  std::erase_if(by_stream_, [&](const auto& entry) { return entry.first.first == connection; });
}

const quic::CloseReason* Requester::closed(quic::ConnectionHandle connection) const {
  const auto it = closed_.find(connection);
  return it == closed_.end() ? nullptr : &it->second;
}

std::optional<std::size_t> Requester::number_of(quic::ConnectionHandle connection, quic::StreamId stream) const {
  const auto it = by_stream_.find({connection, stream});
  return it == by_stream_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace torq::simulation
