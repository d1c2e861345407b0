// SPDX-License-Identifier: MIT
#pragma once
// One stream's two halves as a Connection keeps them: what came and was not consumed, what goes out, and which of the
// ways a half can end have happened.

#include <cstddef>
#include <vector>

#include "torq/quic/send_buffer.hpp"
#include "torq/quic/types.hpp"

namespace torq::quic {

struct Stream {
  explicit Stream(StreamId stream_id) : id(stream_id) {}

  StreamId id;

  // The peer's half.
  std::vector<std::byte> received;
  std::size_t consumed = 0;    // of `received`
  bool peer_finished = false;  // FIN
  bool peer_gave_up = false;   // RESET_STREAM, or we asked it to stop: no more is delivered
  bool announced = false;      // a StreamReadable waits to be seen by the application

  // Our half.
  SendBuffer outgoing;
  bool finished = false;  // finish() was called
  bool fin_sent = false;
  bool reset = false;       // nothing more is sent
  bool queued = false;      // in the connection's round of streams with something to send
  bool blocked = false;     // by the stream's own flow control
  bool wants_room = false;  // a write found the buffer full: say StreamWritable when there is room

  bool closed = false;  // by QUIC: both halves have ended

  Bytes unread() const { return Bytes(received).subspan(consumed); }
  bool has_output() const { return !reset && (outgoing.unsent() > 0 || (finished && !fin_sent)); }
  /// Nothing is left that the application could still read.
  bool exhausted() const { return peer_gave_up || (peer_finished && unread().empty() && !announced); }
};

}  // namespace torq::quic
