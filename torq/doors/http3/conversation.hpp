// SPDX-License-Identifier: MIT
#pragma once
// HTTP/3 on one QUIC connection: carries bytes between its streams and an h3::Session, and requests between that and
// the site. It is given the streams that speak HTTP/3; which those are is decided elsewhere. Belongs to its connection
// and thread.

#include "torq/doors/http3/door.hpp"
#include "torq/quic/connection.hpp"

namespace torq::doors::http3 {

class Conversation {
 public:
  explicit Conversation(Door& door) : door_(door), session_(door.limits()) {}

  // What happened on a stream of the connection, as quic::Event says it.
  void handle_readable(Instant now, quic::Connection& connection, quic::StreamId stream);
  void handle_writable(Instant now, quic::Connection& connection, quic::StreamId stream);
  void handle_reset(Instant now, quic::Connection& connection, quic::StreamId stream);
  void handle_stopped(Instant now, quic::Connection& connection, quic::StreamId stream);
  /// Also of streams that do not speak HTTP/3.
  void handle_closed(quic::StreamId stream);
  /// It is a request stream of which nothing is expected any more, not even its end.
  bool is_over(quic::StreamId stream) const;
  /// The peer may allow enough streams by now.
  void handle_streams_available(Instant now, quic::Connection& connection) { go_on(now, connection); }

  /// The client's control stream has shown itself: from now on this is an HTTP/3 connection.
  void note_control_stream() { control_seen_ = true; }
  bool control_seen() const { return control_seen_; }

  /// To be called some round trips apart, or more often: says that the connection is about to end, then that what is
  /// asked from now on is not answered.
  void drain(Instant now, quic::Connection& connection);

  /// The client broke the protocol, and there is no going on.
  const std::optional<h3::Fault>& fault() const { return session_.fault(); }
  /// Nothing was said, and no control stream seen: whatever the client sent may have been no HTTP/3 at all.
  bool is_tentative() const { return !control_seen_ && !session_.bound(); }
  std::vector<quic::StreamId> open_requests() const;
  /// Bytes that it holds of requests and responses.
  std::size_t held() const { return session_.held(); }

 private:
  enum class Farewell : std::uint8_t { kNone, kAnnounced, kSaid };

  void go_on(Instant now, quic::Connection& connection);
  bool bind(quic::Connection& connection);
  void answer(Instant now, quic::Connection& connection, const h3::Asked& asked);
  void refuse(Instant now, quic::Connection& connection, const h3::TooLarge& what);
  void respond(Instant now, h3::StreamId stream, web::Reply reply);
  void flush(quic::Connection& connection);

  Door& door_;
  h3::Session session_;
  bool control_seen_ = false;
  Farewell farewell_ = Farewell::kNone;
  Instant announced_{};
};

}  // namespace torq::doors::http3
