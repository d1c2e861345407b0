// SPDX-License-Identifier: MIT
#pragma once
// Connection IDs (RFC 9000 5.1). Those that a server issues are kServerCidLength bytes, random but for the first, whose
// remainder modulo the number of workers names the worker that holds the connection: a datagram that the kernel hands
// to the wrong worker, because the client's address changed, can be steered to the right one by anyone who sees its
// bytes. (It tells an observer log2(workers) bits, which the timing of a change would tell as well.)

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "torq/base/bytes.hpp"
#include "torq/base/random.hpp"

namespace torq::quic {

/// Unlike what clients choose for their first destination (8, 16, 18 and 20 bytes occur), so that most packets tell
/// by this length alone whether they name one of ours.
inline constexpr std::size_t kServerCidLength = 12;

/// A client with one socket for many connections needs IDs, too; eight bytes are enough to tell its own apart.
inline constexpr std::size_t kClientCidLength = 8;

class ConnectionId {
 public:
  static constexpr std::size_t kMaxLength = 20;

  ConnectionId() = default;
  /// At most kMaxLength bytes.
  explicit ConnectionId(Bytes bytes) : length_(static_cast<std::uint8_t>(bytes.size())) {
    std::ranges::copy(bytes, bytes_.begin());
  }

  Bytes bytes() const { return Bytes(bytes_).first(length_); }

  bool operator==(const ConnectionId&) const = default;

 private:
  std::array<std::byte, kMaxLength> bytes_{};
  std::uint8_t length_ = 0;
};

/// Keyed: a client chooses its first destination ID, and could otherwise choose many that collide.
struct ConnectionIdHash {
  std::uint64_t key = 0;

  std::size_t operator()(const ConnectionId& id) const {
    std::array<std::uint64_t, 3> words{};
    std::memcpy(words.data(), id.bytes().data(), id.bytes().size());
    return static_cast<std::size_t>(
        fold(fold(words[0] ^ key, words[1] ^ 0x9e3779b97f4a7c15), words[2] ^ key ^ id.bytes().size()));
  }

 private:
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0xa0761d6478bd642f) * (b ^ 0xe7037ed1a0b428db);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
};

/// Which worker of how many an Endpoint belongs to.
struct WorkerSlot {
  unsigned index = 0;
  unsigned count = 1;  ///< 1..64
};

/// A fresh ID of `length` bytes that names worker `slot.index`.
ConnectionId make_connection_id(Entropy& entropy, std::size_t length, WorkerSlot slot);

/// The worker that a datagram names, when its destination ID has the length of a server's; a client's random first ID
/// of that very length names one, too, which does no harm: any worker can take a new connection. Nothing for others.
std::optional<unsigned> worker_named_by(Bytes datagram, unsigned worker_count);

}  // namespace torq::quic
