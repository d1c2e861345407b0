// SPDX-License-Identifier: MIT
#include "torq/doors/udp/door.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace torq::doors::udp {
namespace {

using wire::UdpAction;

static_assert(net::DatagramApplication::kMaxAnswer == wire::kUdpMaxAnswer);

// What is asked beyond it would be drawn and then left out.
std::optional<std::int64_t> numwant_for(std::optional<std::int64_t> asked, const tracker::TrackerRules& rules,
                                        Family family) {
  const auto most = static_cast<std::int64_t>(wire::udp_peers_per_answer(family));
  if (!asked || *asked < 0) asked = static_cast<std::int64_t>(rules.default_numwant);
  return std::min(*asked, most);
}

}  // namespace

Door::Door(const tracker::Tracker& tracker, const ConnectionIds& ids, std::uint64_t seed)
    : tracker_(tracker), ids_(ids), random_(seed) {}

// Also of who has proved nothing: that costs less than to look twice.
void Door::foresee(std::span<const Bytes> packets) {
  constexpr std::size_t kMost = 64;
  std::array<InfoHash, kMost> swarms;
  std::size_t count = 0;
  for (const Bytes packet : packets) {
    if (count == kMost) break;
    if (const auto swarm = wire::peek_udp_announce(packet)) swarms[count++] = *swarm;
  }
  if (count > 1) tracker_.foresee(std::span(swarms).first(count));
}

std::size_t Door::answer(Instant now, const SocketAddress& source, Bytes packet, Room room) {
  const auto header = wire::parse_udp_header(packet);
  if (!header || source.port == 0) return ignore();
  if (header->action == UdpAction::kConnect) {
    if (header->connection != wire::kUdpProtocol) return ignore();
    ++counts_.connects;
    return wire::encode_udp_connect_reply(room, header->transaction, ids_.issue(now, source.ip));
  }
  if (header->action != UdpAction::kAnnounce && header->action != UdpAction::kScrape) return ignore();
  if (!ids_.accepts(now, source.ip, header->connection)) return ignore();
  if (header->action == UdpAction::kScrape) return scrape(now, header->transaction, packet, room);
  return announce(now, source.ip, header->transaction, packet, room);
}

std::size_t Door::announce(Instant now, const IpAddress& source, wire::UdpTransaction transaction, Bytes packet,
                           Room room) {
  auto request = wire::parse_udp_announce(packet);
  if (!request) return refuse(transaction, "an announce has at least 98 bytes", room);
  tracker::Announce& announce = request->announce;
  if (announce.port == 0 && announce.event != tracker::AnnounceEvent::kStopped) {
    return refuse(transaction, "port must be a whole number from 1 to 65535", room);
  }
  ++counts_.announces;
  // The field has room for IPv4 alone; what IPv6 clients put there means nothing (BEP 15).
  if (source.family() == Family::kIpv6) announce.ip.reset();
  announce.numwant = numwant_for(announce.numwant, tracker_.rules(), source.family());
  announce.family = source.family();
  tracker::AnnounceReply reply = tracker_.announce(now, announce, source, random_, std::move(peers_));
  const std::size_t size = wire::encode_udp_announce_reply(room, transaction, source.family(), reply);
  peers_ = std::move(reply.peers);
  return size;
}

std::size_t Door::scrape(Instant now, wire::UdpTransaction transaction, Bytes packet, Room room) {
  const auto hashes = wire::parse_udp_scrape(packet);
  if (!hashes) return refuse(transaction, "a scrape names 1 to 74 info hashes of 20 bytes", room);
  ++counts_.scrapes;
  std::array<tracker::SwarmCounts, wire::kUdpMaxScrape> counts;
  for (std::size_t i = 0; i < hashes->size(); ++i) counts[i] = tracker_.scrape(now, (*hashes)[i]);
  return wire::encode_udp_scrape_reply(room, transaction, std::span(counts).first(hashes->size()));
}

std::size_t Door::refuse(wire::UdpTransaction transaction, std::string_view text, Room room) {
  ++counts_.not_understood;
  return wire::encode_udp_error(room, transaction, text);
}

std::size_t Door::ignore() {
  ++counts_.ignored;
  return 0;
}

}  // namespace torq::doors::udp
