// SPDX-License-Identifier: MIT
#pragma once
// The packets of UDP trackers (BEP 15, with the options of BEP 41): decoded where they lie, encoded where they will be
// sent from, without allocating. Both sides of the protocol. Who may ask is not decided here. Pure; any thread.
//
//   connect    | 0x41727101980, 8 | 0, 4 | transaction, 4 |                    -> | 0, 4 | transaction, 4 | id, 8 |
//   announce   | id, 8 | 1, 4 | transaction, 4 | 82 bytes | options |
//                         -> | 1, 4 | transaction, 4 | interval, 4 | leechers, 4 | seeders, 4 | peers, 6 or 18 each |
//   scrape     | id, 8 | 2, 4 | transaction, 4 | hashes, 20 each |
//                         -> | 2, 4 | transaction, 4 | seeders, completed, leechers: 12 for each hash |
//   error                 -> | 3, 4 | transaction, 4 | text |
//
// Specification: BEP 15, BEP 41, and docs/wire.md.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

enum class UdpConnectionId : std::uint64_t {};
enum class UdpTransaction : std::uint32_t {};

/// What a connect request has in the place of a connection ID.
inline constexpr UdpConnectionId kUdpProtocol{0x41727101980};
/// Of a request; the smallest one is a connect.
inline constexpr std::size_t kUdpHeaderSize = 16;
inline constexpr std::size_t kUdpConnectReplySize = 16;
/// Hashes of one scrape (BEP 15).
inline constexpr std::size_t kUdpMaxScrape = 74;
/// Of an answer: below what a tunnel on the way leaves of 1280 bytes.
inline constexpr std::size_t kUdpMaxAnswer = 1200;

/// The bits that a connection ID may have that is handed out. The two others stay clear: a port is shared with QUIC,
/// which always sets one of the two top bits of a datagram's first byte (RFC 9000 17, RFC 9443). A connect begins with
/// 0.
inline constexpr std::uint64_t kUdpConnectionIdBits = 0x3fff'ffff'ffff'ffff;

enum class UdpAction : std::uint32_t { kConnect, kAnnounce, kScrape, kError };

struct UdpHeader {
  UdpConnectionId connection{};
  UdpAction action{};  ///< may be none of the known ones
  UdpTransaction transaction{};
};

struct UdpAnnounce {
  tracker::Announce announce;
  std::array<std::byte, 20> peer_id{};
  std::uint32_t key = 0;
  Bytes options;  ///< BEP 41, not looked at yet
};

/// The info hashes of a scrape, in its order.
class UdpScrape {
 public:
  explicit UdpScrape(Bytes hashes) : hashes_(hashes) {}
  std::size_t size() const { return hashes_.size() / InfoHash::kSize; }
  InfoHash operator[](std::size_t index) const;

 private:
  Bytes hashes_;
};

// Requests, as a server reads them. The header has been read when the others are.

/// Nothing for what is too short.
std::optional<UdpHeader> parse_udp_header(Bytes packet);
/// Nothing for what is too short. Which port is right is the caller's business. An unknown event is a plain refresh;
/// `ip` is that of the packet unless it is 0.
std::optional<UdpAnnounce> parse_udp_announce(Bytes packet);
/// The swarm of an announce, before anything else of the packet is looked at; nothing for what is none.
std::optional<InfoHash> peek_udp_announce(Bytes packet);
/// Nothing for a scrape of nothing, or one that ends within a hash. Beyond kUdpMaxScrape hashes are left out.
std::optional<UdpScrape> parse_udp_scrape(Bytes packet);
/// The path and query of the announce URL (BEP 41), joined from all its pieces; what has no room in `into` is left out.
/// Whatever is broken ends the options without harm.
std::string_view join_url_data(Bytes options, std::span<char> into);

// Answers; `out` has room for kUdpMaxAnswer. They return how many bytes they wrote.

std::size_t encode_udp_connect_reply(std::span<std::byte> out, UdpTransaction transaction, UdpConnectionId id);
/// With those peers of `family`, which is that of the packet, that there is room for.
std::size_t encode_udp_announce_reply(std::span<std::byte> out, UdpTransaction transaction, Family family,
                                      const tracker::AnnounceReply& reply);
/// Figures beyond 32 bits are written as the largest there are.
std::size_t encode_udp_scrape_reply(std::span<std::byte> out, UdpTransaction transaction,
                                    std::span<const tracker::SwarmCounts> counts);
std::size_t encode_udp_error(std::span<std::byte> out, UdpTransaction transaction, std::string_view text);

/// How many peers an answer to this family holds.
constexpr std::size_t udp_peers_per_answer(Family family) {
  return (kUdpMaxAnswer - 20) / (family == Family::kIpv4 ? 6 : 18);
}

// The same, as a client writes and reads them.

/// Of an announce with the longest URL data that is written.
inline constexpr std::size_t kUdpMaxRequest = 1496;

std::size_t encode_udp_connect(std::span<std::byte> out, UdpTransaction transaction);
/// `announce.ip` is written when it is IPv4. `url_data` goes out whole, or not at all when there is no room for it.
std::size_t encode_udp_announce(std::span<std::byte> out, const UdpHeader& header, const UdpAnnounce& request,
                                std::string_view url_data);
/// At most kUdpMaxScrape hashes.
std::size_t encode_udp_scrape(std::span<std::byte> out, const UdpHeader& header, std::span<const InfoHash> hashes);

struct UdpConnectReply {
  UdpConnectionId connection{};
};
struct UdpErrorReply {
  std::string_view text;  ///< of the packet; may hold anything
};
struct UdpReply {
  UdpTransaction transaction{};
  std::variant<UdpConnectReply, tracker::AnnounceReply, std::vector<tracker::SwarmCounts>, UdpErrorReply> what;
};

/// Of whatever an answer begins with; nothing for what is shorter than any.
std::optional<UdpTransaction> parse_udp_reply_transaction(Bytes packet);
/// `family` is that of the server's address. Nothing for what is no answer.
std::optional<UdpReply> parse_udp_reply(Bytes packet, Family family);

}  // namespace torq::wire
