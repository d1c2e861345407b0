// SPDX-License-Identifier: MIT
#pragma once
// HTTP/3 on one connection, a server's side, sans-IO (RFC 9114): bytes of streams go in and requests come out,
// responses go in and bytes for streams come out. It knows neither QUIC nor what is asked for. QPACK has no dynamic
// table (RFC 9204), so that no stream waits for another. Belongs to its connection and thread.
//
//   session.handle_bytes(stream, bytes, end);       what came; all of it is dealt with, and may be credited
//   while (auto event = session.next_event()) …     then what it means; Asked is answered with respond()
//   while (auto output = session.next_output()) …   then what to send, until it is empty: handle_taken() each
//   session.fault()                                 after any call: whether the connection can go on

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "torq/base/bytes.hpp"

namespace torq::h3 {

/// QUIC's number of a stream (RFC 9000 2.1).
enum class StreamId : std::int64_t {};

/// What one connection can make its session hold.
struct Limits {
  std::size_t field_section_bytes = 16 * 1024;  ///< of a request, counted as RFC 9114 4.2.2 does
  std::uint64_t body_bytes = 64 * 1024;         ///< of a request; they are thrown away
  std::size_t memory = 2 * 1024 * 1024;         ///< of nghttp3, over all streams
  std::size_t block_bytes = 16 * 1024;          ///< of a body, produced at a time
  std::uint64_t streams = 100;                  ///< that the peer may open beyond those that it has opened
};

struct Request {
  struct Field {
    std::string name;  ///< in lower case
    std::string value;
  };
  std::string method;
  std::string target;         ///< `:path`
  std::vector<Field> fields;  ///< without pseudo-header fields
};

/// What follows the text of a response, block by block as the stream drains.
class Body {
 public:
  virtual ~Body() = default;
  virtual bool done() const = 0;
  /// Appends the next `bytes` at most. False: it cannot be completed, and the stream is reset.
  [[nodiscard]] virtual bool produce(std::string& out, std::size_t bytes) = 0;
  /// The reader pauses.
  virtual void pause() = 0;
};

struct Response {
  struct Field {
    std::string_view name;  ///< in lower case
    std::string_view value;
  };
  std::uint16_t status = 200;
  std::vector<Field> fields;   ///< read by respond(), not kept
  std::string text;            ///< the body, or what comes before the rest of it
  std::unique_ptr<Body> body;  ///< that rest, or nothing
};

// What happened on a stream.
/// A request is whole.
struct Asked {
  StreamId stream;
  Request request;
};
/// A request is larger than its limit. To be answered, too; what still comes of it is not looked at.
struct TooLarge {
  enum class Part : std::uint8_t { kFields, kBody };
  StreamId stream;
  Part part;
};
/// To be done: STOP_SENDING with the code.
struct StopSending {
  StreamId stream;
  std::uint64_t code;
};
/// To be done: RESET_STREAM with the code.
struct Reset {
  StreamId stream;
  std::uint64_t code;
};
using Event = std::variant<Asked, TooLarge, StopSending, Reset>;

/// The next bytes of a stream of ours, valid until the next call.
struct Output {
  StreamId stream{};
  std::array<Bytes, 8> blocks;
  std::size_t count = 0;  ///< of blocks
  std::size_t size = 0;   ///< of all of them
  bool last = false;      ///< the stream ends after them
};

/// The peer broke HTTP/3: the connection has to be closed with this code (RFC 9114 8.1). After it nothing happens.
struct Fault {
  std::uint64_t code = 0;
  std::string text;
};

class Session {
 public:
  explicit Session(const Limits& limits = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Our unidirectional streams. Nothing may be answered before.
  void bind(StreamId control, StreamId encoder, StreamId decoder);
  bool bound() const;

  /// `end`: the peer's half ends after these bytes.
  void handle_bytes(StreamId stream, Bytes bytes, bool end);
  /// One direction of a request's stream was given up, by either side: nothing more is read from it, or written to it.
  void handle_unread(StreamId stream);
  void handle_unwanted(StreamId stream);
  /// Both directions have ended. Also to be told of streams that speak something else, which the peer can name here.
  void handle_closed(StreamId stream);
  /// There is room for more, after a handle_taken() of less than there was.
  void handle_writable(StreamId stream);

  std::optional<Event> next_event();
  bool has_event() const;
  void respond(StreamId stream, Response response);
  /// Tells the peer that the connection is about to end; then, a round trip later, that what it opens from now on is
  /// not answered (GOAWAY, RFC 9114 5.2). In this order, each once, after bind().
  void announce_end();
  void refuse_requests();

  std::optional<Output> next_output();
  /// The stream took the first `n` bytes of that, and its end if those were all.
  void handle_taken(const Output& output, std::size_t n);

  /// False of a request stream from when it is closed, or its request was read and its response taken to the end.
  bool knows(StreamId stream) const;
  /// Request streams that it knows.
  std::vector<StreamId> open_requests() const;
  const std::optional<Fault>& fault() const;
  /// Bytes of memory, of requests that are not whole and of responses that were not taken.
  std::size_t held() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::h3
