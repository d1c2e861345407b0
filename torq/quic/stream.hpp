// SPDX-License-Identifier: MIT
#pragma once
// One stream's two halves as a Connection keeps them: what came and was not consumed, what goes out, and which of the
// ways a half can end have happened.

#include <cassert>
#include <cstddef>
#include <vector>

#include "torq/base/clock.hpp"
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
  bool announced = false;      // a StreamReadable waits to be posted, or to be answered by a peek
  bool fresh = false;          // in the connection's list of streams to announce
  bool awaited = false;        // the peer's own, and its request is neither whole nor given up
  bool begun = false;          // a byte of it has come
  Instant opened{};

  // Our half.
  SendBuffer outgoing;
  bool finished = false;  // finish() was called
  bool fin_sent = false;
  bool reset = false;       // nothing more is sent: given up by us, or unwanted by the peer
  bool queued = false;      // in the connection's round of streams with something to send
  bool blocked = false;     // by the stream's own flow control
  bool wants_room = false;  // a write found the buffer full: say StreamWritable when there is room

  bool closed = false;     // by QUIC: both halves have ended
  bool concluded = false;  // the application wants to hear no more of it

  /// The application is done with the first `n` unread bytes. What it is done with takes at most as much room as what
  /// is left, so that a reader that always leaves a little pays for no more than it leaves.
  void consume(std::size_t n) {
    assert(n <= unread().size());
    consumed += n;
    if (consumed * 2 < received.size()) return;
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(consumed));
    consumed = 0;
  }

  /// As if new, but for its id and a little memory.
  void renew() {
    constexpr std::size_t kKept = 1024;
    std::vector<std::byte> room = std::move(received);
    SendBuffer buffer = std::move(outgoing);
    *this = Stream(id);
    if (room.capacity() <= kKept) received = std::move(room);
    received.clear();
    outgoing = std::move(buffer);
    outgoing.renew();
  }

  /// Returns how many bytes that were.
  std::size_t drop_unread() {
    const std::size_t dropped = unread().size();
    received = {};
    consumed = 0;
    return dropped;
  }

  /// Room taken by the peer's half.
  std::size_t received_capacity() const { return received.capacity(); }
  Bytes unread() const { return Bytes(received).subspan(consumed); }
  bool has_output() const { return !reset && (outgoing.unsent() > 0 || (finished && !fin_sent)); }
  /// Nothing is left that the application could still read.
  bool exhausted() const { return peer_gave_up || (peer_finished && unread().empty() && !announced); }
};

}  // namespace torq::quic
