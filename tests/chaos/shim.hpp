// SPDX-License-Identifier: MIT
#pragma once
// Stands between client processes and a server as a bad road with a NAT in it: each client (a source address) is a flow
// with a socket of its own towards the server. Forwards datagrams as the weather says; reads no byte of them. One
// thread. Everything that it holds has a limit, and what it drops is counted.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/chaos/weather.hpp"
#include "torq/base/sockaddr.hpp"

namespace torq::chaos {

struct ShimLimits {
  std::size_t flows = 256;  ///< the longest silent one makes room
  std::size_t under_way = 16'384;
};

struct Counts {
  std::uint64_t received = 0;
  std::uint64_t bytes = 0;
  std::uint64_t carried = 0;  ///< copies among them
  std::uint64_t lost = 0;
  std::uint64_t too_large = 0;
  std::uint64_t dark = 0;
  std::uint64_t held_back = 0;
  std::uint64_t copies = 0;
  std::uint64_t overflow = 0;  ///< no room here or in the kernel
};

class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  int number() const { return number_; }

 private:
  int number_;
};

class Shim {
 public:
  /// Throws std::system_error where a socket cannot be had.
  Shim(const SocketAddress& server, std::uint64_t seed);

  SocketAddress address() const;

  /// A word of weather, or `blackout=MS` (nothing passes from now on for so long), `forget` (all flows rebind now).
  Result<bool, std::string> obey(Instant now, std::string_view word);

  /// Forwards what has come, and sleeps until there is more, something falls due, or `extra` can be read: then true.
  bool turn(int extra);

  /// One JSON object.
  std::string describe() const;

 private:
  enum class Direction : std::uint8_t { kToServer, kToClient };

  struct Flow {
    Flow(std::uint64_t number, std::uint64_t seed, const SocketAddress& from);

    std::uint64_t number;
    SockAddr client;
    FileDescriptor outside;
    Fates to_server;
    Fates to_client;
    Instant last_heard{};
  };
  struct Parcel {
    Instant due;
    std::uint64_t serial;  // equal times leave in the order in which they came
    std::weak_ptr<Flow> flow;
    Direction direction;
    std::vector<std::byte> bytes;

    bool operator<(const Parcel& other) const { return std::tie(other.due, other.serial) < std::tie(due, serial); }
  };

  Counts& counts(Direction direction) { return counts_[static_cast<std::size_t>(direction)]; }
  std::shared_ptr<Flow> flow_of(Instant now, const SocketAddress& client);
  void make_room();
  FileDescriptor open_outside();
  void rebind(Instant now);
  void read_inside(Instant now);
  void read_outside(Instant now, const std::shared_ptr<Flow>& flow);
  void carry(Instant now, const std::shared_ptr<Flow>& flow, Direction direction, Bytes bytes);
  void put(Instant now, Instant due, const std::shared_ptr<Flow>& flow, Direction direction, Bytes bytes);
  void send(const Flow& flow, Direction direction, Bytes bytes);
  void deliver(Instant now);
  Duration patience(Instant now) const;

  const SockAddr server_;
  const std::uint64_t seed_;
  const ShimLimits limits_{};
  FileDescriptor inside_;
  Weather weather_;
  std::map<SocketAddress, std::shared_ptr<Flow>> flows_;
  std::priority_queue<Parcel> under_way_;
  std::uint64_t parcels_ = 0;
  std::uint64_t flows_made_ = 0;
  std::uint64_t rebindings_ = 0;
  Instant rebind_due_{};
  Instant dark_until_{};
  std::array<Counts, 2> counts_{};
};

}  // namespace torq::chaos
