// SPDX-License-Identifier: MIT
#include "torq/wire/udp_packets.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>

namespace torq::wire {
namespace {

using tracker::AnnounceEvent;
using tracker::SwarmCounts;

constexpr std::size_t kAnnounceSize = 98;
constexpr std::size_t kAnswerHeaderSize = 8;
constexpr std::size_t kCountsSize = 12;
constexpr std::size_t kLongestUrlPiece = 255;

// BEP 41. Every other option has a length byte.
constexpr std::byte kEndOfOptions{0}, kNoOption{1}, kUrlData{2};

// On the wire they are 0 to 4; libtorrent sends the last (BEP 21), which BEP 15 does not know.
constexpr std::array kEvents = {AnnounceEvent::kNone, AnnounceEvent::kCompleted, AnnounceEvent::kStarted,
                                AnnounceEvent::kStopped, AnnounceEvent::kPaused};

/// Takes big-endian fields off the front of a packet whose size was checked.
class Fields {
 public:
  explicit Fields(Bytes bytes) : rest_(bytes) {}

  template <class T>
  T number() {
    std::uint64_t value = 0;
    for (const std::byte b : take(sizeof(T))) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return static_cast<T>(value);
  }
  template <std::size_t N>
  std::array<std::byte, N> array() {
    std::array<std::byte, N> bytes;
    std::memcpy(bytes.data(), take(N).data(), N);
    return bytes;
  }
  Bytes rest() const { return rest_; }

 private:
  Bytes take(std::size_t size) {
    assert(rest_.size() >= size);
    const Bytes front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }

  Bytes rest_;
};

/// Puts big-endian fields one behind the other.
class Packet {
 public:
  explicit Packet(std::span<std::byte> out) : out_(out) {}

  template <class T>
  Packet& number(T value) {
    assert(room() >= sizeof(T));
    for (std::size_t i = sizeof(T); i-- > 0;) {
      out_[size_ + i] = static_cast<std::byte>(value);
      value = static_cast<T>(static_cast<std::uint64_t>(value) >> 8);
    }
    size_ += sizeof(T);
    return *this;
  }
  Packet& bytes(Bytes bytes) {
    assert(room() >= bytes.size());
    std::ranges::copy(bytes, out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
    return *this;
  }
  Packet& header(UdpAction action, UdpTransaction transaction) {
    return number(static_cast<std::uint32_t>(action)).number(static_cast<std::uint32_t>(transaction));
  }
  Packet& header(const UdpHeader& known) {
    return number(static_cast<std::uint64_t>(known.connection)).header(known.action, known.transaction);
  }
  Packet& count(std::uint64_t count) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    return number(static_cast<std::uint32_t>(std::min(count, kMost)));
  }
  std::size_t room() const { return out_.size() - size_; }
  std::size_t size() const { return size_; }

 private:
  std::span<std::byte> out_;
  std::size_t size_ = 0;
};

constexpr std::size_t ip_size(Family family) { return family == Family::kIpv4 ? 4 : 16; }

std::uint32_t number_of(AnnounceEvent event) {
  return static_cast<std::uint32_t>(std::ranges::find(kEvents, event) - kEvents.begin());
}

std::vector<SocketAddress> read_peers(Fields fields, Family family) {
  std::vector<SocketAddress> peers;
  while (fields.rest().size() >= ip_size(family) + 2) {
    SocketAddress& peer = peers.emplace_back();
    peer.ip = family == Family::kIpv4 ? IpAddress::v4(fields.array<4>()) : IpAddress::v6(fields.array<16>());
    peer.port = fields.number<std::uint16_t>();
  }
  return peers;
}

std::optional<UdpReply> read_announce_reply(UdpReply reply, Fields fields, Family family) {
  if (fields.rest().size() < kCountsSize) return std::nullopt;
  tracker::AnnounceReply announce;
  announce.interval = std::chrono::seconds(fields.number<std::uint32_t>());
  announce.incomplete = fields.number<std::uint32_t>();
  announce.complete = fields.number<std::uint32_t>();
  announce.peers = read_peers(fields, family);
  reply.what = std::move(announce);
  return reply;
}

std::vector<SwarmCounts> read_counts(Fields fields) {
  std::vector<SwarmCounts> all;
  while (fields.rest().size() >= kCountsSize) {
    SwarmCounts& counts = all.emplace_back();
    counts.complete = fields.number<std::uint32_t>();
    counts.downloaded = fields.number<std::uint32_t>();
    counts.incomplete = fields.number<std::uint32_t>();
  }
  return all;
}

}  // namespace

InfoHash UdpScrape::operator[](std::size_t index) const {
  return {Fields(hashes_.subspan(index * InfoHash::kSize)).array<InfoHash::kSize>()};
}

std::optional<UdpHeader> parse_udp_header(Bytes packet) {
  if (packet.size() < kUdpHeaderSize) return std::nullopt;
  Fields fields(packet);
  UdpHeader header;
  header.connection = UdpConnectionId{fields.number<std::uint64_t>()};
  header.action = UdpAction{fields.number<std::uint32_t>()};
  header.transaction = UdpTransaction{fields.number<std::uint32_t>()};
  return header;
}

std::optional<UdpAnnounce> parse_udp_announce(Bytes packet) {
  if (packet.size() < kAnnounceSize) return std::nullopt;
  Fields fields(packet.subspan(kUdpHeaderSize));
  UdpAnnounce request;
  tracker::Announce& announce = request.announce;
  announce.info_hash = {fields.array<InfoHash::kSize>()};
  request.peer_id = fields.array<20>();
  announce.downloaded = fields.number<std::uint64_t>();
  announce.left = fields.number<std::uint64_t>();
  announce.uploaded = fields.number<std::uint64_t>();
  const auto event = fields.number<std::uint32_t>();
  if (event < kEvents.size()) announce.event = kEvents[event];
  const IpAddress ip = IpAddress::v4(fields.array<4>());
  if (!ip.is_unspecified()) announce.ip = ip;
  request.key = fields.number<std::uint32_t>();
  announce.numwant = fields.number<std::int32_t>();
  announce.port = fields.number<std::uint16_t>();
  request.options = fields.rest();
  return request;
}

std::optional<InfoHash> peek_udp_announce(Bytes packet) {
  if (packet.size() < kAnnounceSize) return std::nullopt;
  Fields fields(packet.subspan(sizeof(UdpConnectionId)));
  if (UdpAction{fields.number<std::uint32_t>()} != UdpAction::kAnnounce) return std::nullopt;
  return InfoHash{Fields(packet.subspan(kUdpHeaderSize)).array<InfoHash::kSize>()};
}

std::optional<UdpScrape> parse_udp_scrape(Bytes packet) {
  if (packet.size() <= kUdpHeaderSize) return std::nullopt;
  const Bytes hashes = packet.subspan(kUdpHeaderSize);
  if (hashes.size() % InfoHash::kSize != 0) return std::nullopt;
  return UdpScrape(hashes.first(std::min(hashes.size(), kUdpMaxScrape * InfoHash::kSize)));
}

std::string_view join_url_data(Bytes options, std::span<char> into) {
  std::size_t size = 0;
  while (!options.empty() && options[0] != kEndOfOptions) {
    const std::byte kind = options[0];
    options = options.subspan(1);
    if (kind == kNoOption) continue;
    if (options.empty()) break;
    const auto length = std::to_integer<std::size_t>(options[0]);
    if (options.size() - 1 < length) break;
    if (kind == kUrlData) {
      const std::size_t kept = std::min(length, into.size() - size);
      std::ranges::copy(as_text(options.subspan(1, kept)), into.begin() + static_cast<std::ptrdiff_t>(size));
      size += kept;
    }
    options = options.subspan(1 + length);
  }
  return {into.data(), size};
}

std::size_t encode_udp_connect_reply(std::span<std::byte> out, UdpTransaction transaction, UdpConnectionId id) {
  return Packet(out).header(UdpAction::kConnect, transaction).number(static_cast<std::uint64_t>(id)).size();
}

std::size_t encode_udp_announce_reply(std::span<std::byte> out, UdpTransaction transaction, Family family,
                                      const tracker::AnnounceReply& reply) {
  Packet packet(out.first(kUdpMaxAnswer));
  packet.header(UdpAction::kAnnounce, transaction).count(static_cast<std::uint64_t>(reply.interval.count()));
  packet.count(reply.incomplete).count(reply.complete);
  for (const SocketAddress& peer : reply.peers) {
    if (peer.ip.family() != family) continue;
    if (packet.room() < ip_size(family) + 2) break;
    packet.bytes(peer.ip.bytes()).number(peer.port);
  }
  return packet.size();
}

std::size_t encode_udp_scrape_reply(std::span<std::byte> out, UdpTransaction transaction,
                                    std::span<const SwarmCounts> counts) {
  Packet packet(out);
  packet.header(UdpAction::kScrape, transaction);
  for (const SwarmCounts& swarm : counts) {
    packet.count(swarm.complete).count(swarm.downloaded).count(swarm.incomplete);
  }
  return packet.size();
}

std::size_t encode_udp_error(std::span<std::byte> out, UdpTransaction transaction, std::string_view text) {
  return Packet(out).header(UdpAction::kError, transaction).bytes(as_bytes(text)).size();
}

std::size_t encode_udp_connect(std::span<std::byte> out, UdpTransaction transaction) {
  return Packet(out).header({kUdpProtocol, UdpAction::kConnect, transaction}).size();
}

std::size_t encode_udp_announce(std::span<std::byte> out, const UdpHeader& header, const UdpAnnounce& request,
                                std::string_view url_data) {
  const tracker::Announce& announce = request.announce;
  Packet packet(out);
  packet.header(header).bytes(announce.info_hash.bytes).bytes(request.peer_id);
  packet.number(announce.downloaded).number(announce.left.value_or(~std::uint64_t{0})).number(announce.uploaded);
  packet.number(number_of(announce.event));
  const bool names_ip = announce.ip && announce.ip->family() == Family::kIpv4;
  packet.bytes((names_ip ? *announce.ip : IpAddress()).bytes()).number(request.key);
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  packet.number(static_cast<std::uint32_t>(std::clamp(announce.numwant.value_or(-1), std::int64_t{-1}, kMost)));
  packet.number(announce.port);
  const std::size_t pieces = (url_data.size() + kLongestUrlPiece - 1) / kLongestUrlPiece;
  if (packet.room() < url_data.size() + 2 * pieces) return packet.size();
  for (; !url_data.empty(); url_data.remove_prefix(std::min(url_data.size(), kLongestUrlPiece))) {
    const std::string_view piece = url_data.substr(0, kLongestUrlPiece);
    packet.number(std::to_integer<std::uint8_t>(kUrlData)).number(static_cast<std::uint8_t>(piece.size()));
    packet.bytes(as_bytes(piece));
  }
  return packet.size();
}

std::size_t encode_udp_scrape(std::span<std::byte> out, const UdpHeader& header, std::span<const InfoHash> hashes) {
  assert(hashes.size() <= kUdpMaxScrape);
  Packet packet(out);
  packet.header(header);
  for (const InfoHash& hash : hashes) packet.bytes(hash.bytes);
  return packet.size();
}

std::optional<UdpTransaction> parse_udp_reply_transaction(Bytes packet) {
  if (packet.size() < kAnswerHeaderSize) return std::nullopt;
  return UdpTransaction{Fields(packet.subspan(sizeof(UdpAction))).number<std::uint32_t>()};
}

std::optional<UdpReply> parse_udp_reply(Bytes packet, Family family) {
  if (packet.size() < kAnswerHeaderSize) return std::nullopt;
  Fields fields(packet);
  const auto action = UdpAction{fields.number<std::uint32_t>()};
  UdpReply reply{UdpTransaction{fields.number<std::uint32_t>()}, {}};
  switch (action) {
    case UdpAction::kConnect:
      if (fields.rest().size() < sizeof(UdpConnectionId)) return std::nullopt;
      reply.what = UdpConnectReply{UdpConnectionId{fields.number<std::uint64_t>()}};
      return reply;
    case UdpAction::kAnnounce:
      return read_announce_reply(std::move(reply), fields, family);
    case UdpAction::kScrape:
      reply.what = read_counts(fields);
      return reply;
    case UdpAction::kError:
      reply.what = UdpErrorReply{as_text(fields.rest())};
      return reply;
  }
  return std::nullopt;
}

}  // namespace torq::wire
