// SPDX-License-Identifier: MIT
#pragma once
// The words of QUIC (RFC 9000) that cross this module's border: paths, datagrams to send, events, reasons of closing.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "torq/base/address.hpp"

namespace torq::quic {

/// Names a connection for as long as its Endpoint lives; never reused.
enum class ConnectionHandle : std::uint64_t {};

/// RFC 9000 2.1: the two low bits say who opened the stream and whether it has one direction or two.
enum class StreamId : std::int64_t {};

inline bool is_bidirectional(StreamId id) { return (static_cast<std::int64_t>(id) & 2) == 0; }

struct Path {
  SocketAddress local;
  SocketAddress remote;

  bool operator==(const Path&) const = default;
};

/// The two ECN bits of the IP header (RFC 3168), as received or to be sent.
enum class Ecn : std::uint8_t { kNone = 0, kEct1 = 1, kEct0 = 2, kCongestion = 3 };

/// What to send: `size` bytes at the front of the buffer given to next_transmit, to be cut into datagrams of
/// `segment_size` bytes (the last may be shorter), all on one path: the shape of one sendmsg with UDP_SEGMENT.
struct Transmit {
  Path path;
  Ecn ecn = Ecn::kNone;
  std::size_t size = 0;
  std::size_t segment_size = 0;
};

enum class CloseKind : std::uint8_t {
  kLocal,               ///< we closed it without fault (close(), shutdown)
  kPeerTransport,       ///< CONNECTION_CLOSE 0x1c; `code` is a transport error code (RFC 9000 20.1)
  kPeerApplication,     ///< CONNECTION_CLOSE 0x1d; `code` is the application's
  kIdle,                ///< nothing heard for the idle time-out
  kHandshakeTimeout,    ///< the handshake did not end in time
  kStatelessReset,      ///< the peer has forgotten the connection (RFC 9000 10.3)
  kVersionRefused,      ///< the server speaks no version that we do
  kCertificateRefused,  ///< ours: the server's certificate did not satisfy the trust setting
  kTicketRefused,       ///< ours: so it is with the certificate that a ticket stands for; another try without may do
  kProtocolViolation,   ///< ours: the peer broke the protocol; `code` is what we told it
  kOverLimit,           ///< ours: the peer would have had us hold more than we do for anybody; `text` says of what
};

/// Why a client's connection was not begun.
enum class Refusal : std::uint8_t {
  kDraining,              ///< refuse_newcomers() was called
  kConnections,           ///< there are too many
  kConnectionsPerPrefix,  ///< its address prefix has too many
  kHalfOpenPerPrefix,     ///< its address prefix has too many handshakes under way
  kHandshakesPerPrefix,   ///< its address prefix begins too many in a second
  kMemory,                ///< connections hold too much memory
  kInvalidToken,          ///< its Retry token is too old, or another address's
};

struct CloseReason {
  CloseKind kind = CloseKind::kLocal;
  std::uint64_t code = 0;
  std::string text;      ///< for people
  std::string peer_pin;  ///< kCertificateRefused, kTicketRefused: the pin that was seen, `sha256:` and 64 digits
};

/// RFC 9000 20.1: 0x100 + TLS alert no_application_protocol (120).
inline constexpr std::uint64_t kNoApplicationProtocol = 0x178;
inline constexpr std::uint64_t kNoError = 0;
/// H3_REQUEST_INCOMPLETE (RFC 9114 8.1), in the code space of the ALPN token: what a late request's stream is reset
/// with.
inline constexpr std::uint64_t kRequestIncomplete = 0x10d;

// What happened on a connection. After Closed nothing more comes from it.
struct Connected {};
/// Bytes or the end of the peer's half have come since the last peek(); usually the first word of a new stream.
struct StreamReadable {
  StreamId stream;
};
/// The stream's send buffer has room again (only after a write that found it full).
struct StreamWritable {
  StreamId stream;
};
/// The peer gave up its sending half (RESET_STREAM), or was too late with it and both halves are reset
/// (kRequestIncomplete); what was not read of it is gone. May be the first word of a new stream.
struct StreamReset {
  StreamId stream;
  std::uint64_t code;
};
/// The peer wants no more of ours (STOP_SENDING); our half is reset already. Said when there is something to send that
/// cannot be sent any more; otherwise StreamClosed follows alone. ngtcp2 keeps the code to itself: it is 0.
struct StreamStopped {
  StreamId stream;
  std::uint64_t code;
};
/// Both halves have ended and all of the peer's was read: the id is gone. Of ours the peer has everything, unless
/// either side gave it up.
struct StreamClosed {
  StreamId stream;
};
/// The peer allows more streams than it did.
struct StreamsAvailable {};
/// A client's: what to give to connect() the next time, each of them once (RFC 8446 C.4, RFC 9000 8.1.3). Secret: who
/// has a ticket can read what was said under it. The last of each kind is the best.
struct NewTicket {
  std::vector<std::byte> ticket;
};
struct NewToken {
  std::vector<std::byte> token;
};
struct Closed {
  CloseReason reason;
};
/// A newcomer was turned away; there is no connection, and the event's handle names none. The address may be spoofed.
/// Under a flood not each of them is told of; Counts knows how many there were.
struct Refused {
  SocketAddress from;
  Refusal reason;
};

/// What a client remembers of a server, from NewTicket and NewToken; either may be empty. A ticket stands for the
/// certificate of the connection that it came on: it belongs to that server name and that trust setting alone.
struct Keepsakes {
  std::vector<std::byte> ticket;
  std::vector<std::byte> token;
};

struct Event {
  ConnectionHandle connection{};
  std::variant<Connected, StreamReadable, StreamWritable, StreamReset, StreamStopped, StreamClosed, StreamsAvailable,
               NewTicket, NewToken, Closed, Refused>
      what;
};

}  // namespace torq::quic
