// SPDX-License-Identifier: MIT
#pragma once
// What an Endpoint has done since it was made, in plain numbers: they belong to its thread, and are copied to be read
// on another. Names are for status reports and logs, and stay as they are once published. Who adds a value to an enum
// adds its name to the table below it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "torq/quic/types.hpp"

namespace torq::quic {

template <class Enum, std::size_t N>
class Tallies {
 public:
  void add(Enum what, std::uint64_t n = 1) { counts_[static_cast<std::size_t>(what)] += n; }
  std::uint64_t operator[](Enum what) const { return counts_[static_cast<std::size_t>(what)]; }
  /// In the order of the table of names.
  const std::array<std::uint64_t, N>& all() const { return counts_; }

  bool operator==(const Tallies&) const = default;

 private:
  std::array<std::uint64_t, N> counts_{};
};

inline constexpr std::array<std::string_view, 7> kRefusalNames = {
    "draining", "connections",  "connections_per_prefix", "half_open_per_prefix", "handshakes_per_prefix",
    "memory",   "invalid_token"};
constexpr std::string_view name_of(Refusal refusal) { return kRefusalNames[static_cast<std::size_t>(refusal)]; }

inline constexpr std::array<std::string_view, 11> kCloseNames = {
    "local",           "peer_transport",  "peer_application",    "idle",           "handshake_timeout",
    "stateless_reset", "version_refused", "certificate_refused", "ticket_refused", "protocol_violation",
    "over_limit"};
constexpr std::string_view name_of(CloseKind kind) { return kCloseNames[static_cast<std::size_t>(kind)]; }

/// Why a datagram had no effect.
enum class Drop : std::uint8_t {
  kTooShort,    ///< for any QUIC packet
  kSourcePort,  ///< port 0, which nobody can answer
  kMalformed,   ///< no QUIC header, or none of a version that we speak
  kUnknown,     ///< for no connection, and no reason to begin one
  kUnreadable,  ///< an Initial that cannot be decrypted, or holds no beginning of a handshake
  kAbsorbed,    ///< for a connection that has just ended
  kNoAnswer,    ///< would have been answered, but too many answers wait, or a second's resets are used up
};
inline constexpr std::array<std::string_view, 7> kDropNames = {"too_short",  "source_port", "malformed", "unknown",
                                                               "unreadable", "absorbed",    "no_answer"};
constexpr std::string_view name_of(Drop drop) { return kDropNames[static_cast<std::size_t>(drop)]; }

/// Limits that were reached, whatever was done about it; that of a request's size is its door's. The names are those of
/// the settings where there is one.
enum class LimitHit : std::uint8_t {
  kConnections,
  kConnectionsPerPrefix,
  kHalfOpen,  ///< a newcomer had to prove its address first (Retry)
  kHalfOpenPerPrefix,
  kHandshakesPerPrefix,
  kStreams,
  kFirstByte,
  kWholeRequest,
  kUnreadResponse,
  kMemory,
  kAnswers,
  kResets,
  kDatagramsPerWake,
};
inline constexpr std::array<std::string_view, 13> kLimitNames = {"max_connections",
                                                                 "max_connections_per_prefix",
                                                                 "retry_threshold",
                                                                 "max_half_open_per_prefix",
                                                                 "max_handshakes_per_prefix",
                                                                 "max_streams",

                                                                 "first_byte_timeout",
                                                                 "request_timeout",

                                                                 "max_unread_response",
                                                                 "max_memory",
                                                                 "max_answers",
                                                                 "max_resets_per_second",
                                                                 "max_datagrams_per_wake"};
constexpr std::string_view name_of(LimitHit limit) { return kLimitNames[static_cast<std::size_t>(limit)]; }

struct Counts {
  std::uint64_t accepted = 0;     ///< connections that clients began
  std::uint64_t established = 0;  ///< connections whose handshake was completed, those that we began included
  Tallies<Refusal, kRefusalNames.size()> refused;
  Tallies<CloseKind, kCloseNames.size()> closed;
  std::uint64_t datagrams_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t datagrams_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t retries = 0;  ///< Retry packets sent
  std::uint64_t resets = 0;   ///< stateless resets sent
  std::uint64_t version_negotiations = 0;
  Tallies<Drop, kDropNames.size()> dropped;
  Tallies<LimitHit, kLimitNames.size()> limits_hit;

  bool operator==(const Counts&) const = default;
};

}  // namespace torq::quic
