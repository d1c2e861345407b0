// SPDX-License-Identifier: MIT
#include "torq/doors/http3/conversation.hpp"

#include <algorithm>

namespace torq::doors::http3 {
namespace {

constexpr std::uint64_t kNoError = 0x100;           // H3_NO_ERROR (RFC 9114 8.1): the rest is not needed
constexpr std::uint64_t kRequestCancelled = 0x10c;  // H3_REQUEST_CANCELLED

// A round trip for most clients: what they asked before they heard of the end is answered.
constexpr auto kFarewell = std::chrono::milliseconds(100);

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

h3::StreamId to_h3(quic::StreamId id) { return h3::StreamId{static_cast<std::int64_t>(id)}; }
quic::StreamId to_quic(h3::StreamId id) { return quic::StreamId{static_cast<std::int64_t>(id)}; }

class FileRest final : public h3::Body {
 public:
  explicit FileRest(web::FileBody file) : file_(std::move(file)) {}
  bool done() const override { return file_.done(); }
  bool produce(std::string& out, std::size_t bytes) override { return file_.produce(out, bytes); }
  void pause() override { file_.pause(); }

 private:
  web::FileBody file_;
};

}  // namespace

void Conversation::handle_readable(Instant now, quic::Connection& connection, quic::StreamId stream) {
  const auto incoming = connection.peek(stream);
  const std::size_t size = incoming.bytes.size();
  if (size > 0 || incoming.last) session_.handle_bytes(to_h3(stream), incoming.bytes, incoming.last);
  connection.consume(stream, size);
  go_on(now, connection);
}

void Conversation::handle_writable(Instant now, quic::Connection& connection, quic::StreamId stream) {
  session_.handle_writable(to_h3(stream));
  go_on(now, connection);
}

void Conversation::handle_reset(Instant now, quic::Connection& connection, quic::StreamId stream) {
  if (quic::is_bidirectional(stream)) {  // a client that takes its request back wants no answer
    session_.handle_unread(to_h3(stream));
    session_.handle_unwanted(to_h3(stream));
    connection.reset(stream, kRequestCancelled);
  }
  go_on(now, connection);
}

void Conversation::handle_stopped(Instant now, quic::Connection& connection, quic::StreamId stream) {
  if (quic::is_bidirectional(stream)) {
    session_.handle_unread(to_h3(stream));
    session_.handle_unwanted(to_h3(stream));
    connection.stop_sending(stream, kRequestCancelled);
  }
  go_on(now, connection);
}

// Which makes nothing to be sent.
void Conversation::handle_closed(quic::StreamId stream) { session_.handle_closed(to_h3(stream)); }

bool Conversation::is_over(quic::StreamId stream) const {
  return quic::is_bidirectional(stream) && !session_.fault() && !session_.knows(to_h3(stream));
}

void Conversation::drain(Instant now, quic::Connection& connection) {
  if (!session_.bound() || farewell_ == Farewell::kSaid) return;
  if (farewell_ == Farewell::kNone) {
    session_.announce_end();
    farewell_ = Farewell::kAnnounced;
    announced_ = now;
  } else if (now - announced_ >= kFarewell) {
    session_.refuse_requests();
    farewell_ = Farewell::kSaid;
  }
  flush(connection);
}

std::vector<quic::StreamId> Conversation::open_requests() const {
  std::vector<quic::StreamId> open;
  for (const h3::StreamId id : session_.open_requests()) open.push_back(to_quic(id));
  return open;
}

void Conversation::go_on(Instant now, quic::Connection& connection) {
  if (!bind(connection)) return;
  do {
    while (auto event = session_.next_event()) {
      std::visit(Overloaded{
                     [&](const h3::Asked& e) { answer(now, connection, e); },
                     [&](const h3::TooLarge& e) { refuse(now, connection, e); },
                     [&](const h3::StopSending& e) {
                       session_.handle_unread(e.stream);
                       connection.stop_sending(to_quic(e.stream), e.code);
                     },
                     [&](const h3::Reset& e) {
                       session_.handle_unwanted(e.stream);
                       connection.reset(to_quic(e.stream), e.code);
                     },
                 },
                 *event);
    }
    flush(connection);
  } while (session_.has_event());  // a file may break while it is sent
}

// Nothing is opened for a client that may not speak HTTP/3; what a client asks waits until it has allowed our streams
// (RFC 9114 6.2 obliges it to).
bool Conversation::bind(quic::Connection& connection) {
  constexpr std::uint64_t kStreams = 3;
  if (session_.bound()) return true;
  if (!control_seen_ && !session_.has_event()) return false;
  if (session_.fault() || connection.unidirectional_streams_left() < kStreams) return false;
  std::array<h3::StreamId, kStreams> ours{};
  for (h3::StreamId& stream : ours) stream = to_h3(*connection.open_unidirectional_stream());
  session_.bind(ours[0], ours[1], ours[2]);
  return true;
}

void Conversation::answer(Instant now, quic::Connection& connection, const h3::Asked& asked) {
  wire::HttpRequest request;
  request.method = wire::parse_method(asked.request.method);
  request.target = asked.request.target;
  for (const auto& [name, value] : asked.request.fields) request.take_field(name, value);
  respond(now, asked.stream, door_.site().answer(now, connection.peer().ip, request));
}

void Conversation::refuse(Instant now, quic::Connection& connection, const h3::TooLarge& what) {
  const bool fields = what.part == h3::TooLarge::Part::kFields;
  respond(now, what.stream,
          fields ? door_.site().turn_away(431, "the header fields are too large")
                 : door_.site().turn_away(413, "no request has a body here"));
  session_.handle_unread(what.stream);
  connection.stop_sending(to_quic(what.stream), kNoError);
}

void Conversation::respond(Instant now, h3::StreamId stream, web::Reply reply) {
  h3::Response response;
  const std::string length = reply.length ? std::to_string(*reply.length) : "";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) response.fields.push_back({name, value});
  };
  constexpr std::size_t kOwnFields = 3;
  response.status = reply.status;
  response.fields.reserve(kOwnFields + reply.fields.size());
  add("date", door_.date(now));
  add("content-type", reply.content_type);
  add("content-length", length);
  for (const web::Field& field : reply.fields) add(field.name, field.value);
  response.text = std::move(reply.text);
  if (reply.file) response.body = std::make_unique<FileRest>(std::move(*reply.file));
  session_.respond(stream, std::move(response));
}

void Conversation::flush(quic::Connection& connection) {
  while (const auto output = session_.next_output()) {
    const quic::StreamId stream = to_quic(output->stream);
    std::size_t taken = 0;
    for (std::size_t i = 0; i < output->count; ++i) {
      const std::size_t n = connection.write(stream, output->blocks[i]);
      taken += n;
      if (n < output->blocks[i].size()) break;
    }
    if (output->last && taken == output->size) connection.finish(stream);
    session_.handle_taken(*output, taken);
  }
}

}  // namespace torq::doors::http3
