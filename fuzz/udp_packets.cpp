// SPDX-License-Identifier: MIT
// Packets to the door of UDP trackers, as they are and with a connection ID that is right; and answers to a client.

#include <algorithm>
#include <array>

#include "fuzz/require.hpp"
#include "torq/doors/udp/door.hpp"
#include "torq/swarm/memory_store.hpp"

namespace {

using namespace torq;
using net::DatagramApplication;

constexpr std::size_t kConnectionSize = 8;
const Instant kNow{std::chrono::hours(1)};

struct Subject {
  swarm::MemoryStore store{{}, std::chrono::minutes(2), {.swarms = 100, .peers = 1000, .peers_per_swarm = 100}};
  tracker::Tracker tracker{store, {}};
  doors::udp::ConnectionIds ids{SipKey{}, {}};
  doors::udp::Door door{tracker, ids, 1};

  std::size_t ask(const SocketAddress& source, Bytes packet, DatagramApplication::Room room) {
    const std::size_t size = door.answer(kNow, source, packet, room);
    require(size <= room.size());
    return size;
  }
};

void ask_proven(Subject& subject, const SocketAddress& source, Bytes packet) {
  std::vector<std::byte> proven(packet.begin(), packet.end());
  auto id = static_cast<std::uint64_t>(subject.ids.issue(kNow, source.ip));
  require((id >> 62) == 0);
  for (std::size_t i = std::min(proven.size(), kConnectionSize); i-- > 0;) {
    proven[i] = static_cast<std::byte>(id >> 8 * (kConnectionSize - 1 - i));
  }
  std::array<std::byte, DatagramApplication::kMaxAnswer> room;
  const std::size_t size = subject.ask(source, proven, room);
  if (size == 0) return;
  const auto reply = wire::parse_udp_reply(Bytes(room).first(size), source.ip.family());
  require(reply && reply->transaction == wire::parse_udp_header(proven)->transaction);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Subject subject;  // kept, as a worker keeps its own
  static const std::array sources = {parse_socket_address("192.0.2.1:6881").value(),
                                     parse_socket_address("[2001:db8::1]:6881").value()};
  const Bytes packet = std::as_bytes(std::span(data, size));

  for (const SocketAddress& source : sources) {
    std::array<std::byte, DatagramApplication::kMaxAnswer> room;
    require(subject.ask(source, packet, room) <= size);  // nobody is made to flood another
    ask_proven(subject, source, packet);
    wire::parse_udp_reply(packet, source.ip.family());
  }
  std::array<char, 100> url;
  require(wire::join_url_data(packet, url).size() <= std::min(size, url.size()));
  return 0;
}
