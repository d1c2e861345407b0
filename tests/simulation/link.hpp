// SPDX-License-Identifier: MIT
#pragma once
// The road between a client and a server in virtual time: it loses, delays, reorders, duplicates and corrupts datagrams
// as it is told, and holds the address translation (NAT) that the client is behind. All chance comes from one seed, and
// all that happens is written down, so that two runs can be compared. It knows nothing of QUIC.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/quic/types.hpp"

namespace torq::simulation {

enum class Direction : std::uint8_t { kToServer, kToClient };

enum class Fate : std::uint8_t { kDelivered, kLost, kCorrupted, kDuplicated, kUnroutable };

struct TraceEntry {
  Instant at;  ///< when it was sent
  Direction direction;
  std::size_t size;
  Fate fate;

  bool operator==(const TraceEntry&) const = default;
};

struct Arrival {
  Direction direction;
  quic::Path path;  ///< as the receiver sees it
  quic::Ecn ecn;
  std::vector<std::byte> bytes;
};

class Link {
 public:
  explicit Link(std::uint64_t seed);

  // Probabilities, for both directions.
  void lose(double chance) { loss_ = chance; }
  void duplicate(double chance) { duplication_ = chance; }
  void corrupt(double chance) { corruption_ = chance; }
  /// A datagram that is held back arrives up to four delays later than its neighbours.
  void reorder(double chance) { reordering_ = chance; }
  void delay(Duration one_way, Duration jitter = {});
  /// Loses what is larger, without a word.
  void narrow(std::size_t mtu) { mtu_ = mtu; }
  void be_perfect();

  /// Loses everything in one direction, or in both, until mended.
  void cut(Direction direction) { cut_[index(direction)] = true; }
  void cut();
  void mend() { cut_ = {}; }
  /// The next `n` datagrams of that direction are lost.
  void lose_next(Direction direction, std::size_t n) { doomed_[index(direction)] = n; }

  /// From now on the server sees the client at `outside`; what is on its way to the old address is lost.
  void rebind(SocketAddress outside) { outside_ = outside; }
  const SocketAddress& outside() const { return outside_; }
  const quic::Path& client_path() const { return client_path_; }

  void send(Instant now, Direction direction, const quic::Path& path, quic::Ecn ecn, Bytes bytes);
  std::optional<Arrival> receive(Instant now);
  std::optional<Instant> next_arrival() const;

  /// Shows every datagram that is sent, whatever becomes of it.
  void watch(std::function<void(Direction, Bytes)> watcher) { watcher_ = std::move(watcher); }

  const std::vector<TraceEntry>& trace() const { return trace_; }
  std::size_t sent(Direction direction) const { return sent_[index(direction)]; }

 private:
  static std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }
  bool happens(double chance);
  Fate fate_of(Direction direction, const quic::Path& path, std::size_t size);
  void carry(Instant now, Arrival arrival);

  Random random_;
  double loss_ = 0;
  double duplication_ = 0;
  double corruption_ = 0;
  double reordering_ = 0;
  std::size_t mtu_ = SIZE_MAX;
  Duration delay_ = std::chrono::milliseconds(10);
  Duration jitter_{};
  std::array<bool, 2> cut_{};
  std::array<std::size_t, 2> doomed_{};
  std::array<std::size_t, 2> sent_{};

  quic::Path client_path_;  // as the client sees it
  SocketAddress outside_;
  std::multimap<Instant, Arrival> under_way_;  // equal times arrive in the order they were sent
  std::vector<TraceEntry> trace_;
  std::function<void(Direction, Bytes)> watcher_;
};

}  // namespace torq::simulation
