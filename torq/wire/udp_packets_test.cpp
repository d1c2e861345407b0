// SPDX-License-Identifier: MIT
// Holds the packets of UDP trackers against the examples in tests/vectors, and against each other.
#include "torq/wire/udp_packets.hpp"

#include <gtest/gtest.h>

#include "torq/base/hex.hpp"
#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

using Packet = std::vector<std::byte>;

Packet packet_of(std::string_view bytes) {
  const Bytes view = as_bytes(bytes);
  return {view.begin(), view.end()};
}

Packet written(const auto& write) {
  Packet bytes(kUdpMaxRequest);
  bytes.resize(write(std::span(bytes)));
  return bytes;
}

Json json_of(const UdpAnnounce& request) {
  constexpr std::array<const char*, 5> kEvents = {"", "started", "completed", "stopped", "paused"};
  const tracker::Announce& announce = request.announce;
  std::array<char, 2000> url;
  Json json = {{"kind", "announce"},
               {"info_hash", to_string(announce.info_hash)},
               {"peer_id", to_hex(request.peer_id)},
               {"downloaded", announce.downloaded},
               {"left", announce.left.value()},
               {"uploaded", announce.uploaded}};
  if (announce.event != tracker::AnnounceEvent::kNone) json["event"] = kEvents.at(static_cast<int>(announce.event));
  if (announce.ip) json["ip"] = to_string(*announce.ip);
  json["key"] = request.key;
  json["numwant"] = announce.numwant.value();
  json["port"] = announce.port;
  if (const auto data = join_url_data(request.options, url); !data.empty()) json["url_data"] = data;
  return json;
}

Json json_of(const UdpScrape& scrape) {
  Json hashes = Json::array();
  for (std::size_t i = 0; i < scrape.size(); ++i) hashes.push_back(to_string(scrape[i]));
  return {{"kind", "scrape"}, {"hashes", hashes}};
}

/// What a server makes of a packet.
Json meaning(Bytes packet) {
  const auto header = parse_udp_header(packet);
  if (!header) return nullptr;
  if (header->action == UdpAction::kConnect && header->connection == kUdpProtocol) return {{"kind", "connect"}};
  if (header->action == UdpAction::kAnnounce) {
    if (const auto announce = parse_udp_announce(packet)) return json_of(*announce);
  }
  if (header->action == UdpAction::kScrape) {
    if (const auto scrape = parse_udp_scrape(packet)) return json_of(*scrape);
  }
  return nullptr;
}

TEST(UdpPackets, AreUnderstoodAsTheVectorsSay) {
  for (const Json& vector : read_vectors("udp_requests.jsonl")) {
    const Packet packet = packet_of(wire_of(vector));

    EXPECT_EQ(meaning(packet).dump(), vector["means"].dump()) << vector["name"];
    if (vector.contains("means") && !vector["means"].is_null()) {
      EXPECT_EQ(static_cast<std::uint32_t>(parse_udp_header(packet)->transaction), vector["transaction"]);
    }
  }
}

TEST(UdpPackets, EndAnywhereWithoutHarm) {
  for (const Json& vector : read_vectors("udp_requests.jsonl")) {
    const Packet packet = packet_of(wire_of(vector));
    for (std::size_t size = 0; size < packet.size(); ++size) {
      const Packet cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));  // a heap block of its own
      EXPECT_TRUE(size >= 16 || meaning(cut).is_null());
      parse_udp_reply(cut, Family::kIpv4);
      parse_udp_reply(cut, Family::kIpv6);
    }
  }
}

/// The peers of an answer, the figures, or its text.
Json json_of(const UdpReply& reply) {
  if (const auto* connect = std::get_if<UdpConnectReply>(&reply.what)) {
    return {{"kind", "connect"}, {"connection", static_cast<std::uint64_t>(connect->connection)}};
  }
  if (const auto* announce = std::get_if<tracker::AnnounceReply>(&reply.what)) {
    Json peers = Json::array();
    for (const SocketAddress& peer : announce->peers) peers.push_back(to_string(peer));
    return {{"kind", "announce"},
            {"interval", announce->interval.count()},
            {"incomplete", announce->incomplete},
            {"complete", announce->complete},
            {"peers", peers}};
  }
  if (const auto* error = std::get_if<UdpErrorReply>(&reply.what)) return {{"kind", "error"}, {"text", error->text}};
  Json files = Json::array();
  for (const auto& counts : std::get<std::vector<tracker::SwarmCounts>>(reply.what)) {
    files.push_back({counts.complete, counts.downloaded, counts.incomplete});
  }
  return {{"kind", "scrape"}, {"files", files}};
}

Packet encode(const UdpReply& reply, Family family) {
  const UdpTransaction id = reply.transaction;
  return written([&](std::span<std::byte> out) {
    if (const auto* connect = std::get_if<UdpConnectReply>(&reply.what)) {
      return encode_udp_connect_reply(out, id, connect->connection);
    }
    if (const auto* announce = std::get_if<tracker::AnnounceReply>(&reply.what)) {
      return encode_udp_announce_reply(out, id, family, *announce);
    }
    if (const auto* error = std::get_if<UdpErrorReply>(&reply.what)) return encode_udp_error(out, id, error->text);
    return encode_udp_scrape_reply(out, id, std::get<std::vector<tracker::SwarmCounts>>(reply.what));
  });
}

TEST(UdpPackets, AnswersAreTheVectors) {
  for (const Json& vector : read_vectors("udp_answers.jsonl")) {
    const Family family = vector.value("family", 4) == 4 ? Family::kIpv4 : Family::kIpv6;
    const Packet packet = packet_of(wire_of(vector));

    const auto reply = parse_udp_reply(packet, family);

    ASSERT_TRUE(reply) << vector["name"];
    EXPECT_EQ(static_cast<std::uint32_t>(reply->transaction), vector["transaction"]) << vector["name"];
    EXPECT_EQ(json_of(*reply).dump(), vector["means"].dump()) << vector["name"];
    EXPECT_EQ(encode(*reply, family), packet) << vector["name"];
  }
}

TEST(UdpPackets, FiguresBeyond32BitsAreTheLargest) {
  const tracker::SwarmCounts huge{std::uint64_t{1} << 40, 7, ~std::uint64_t{0}};

  const Packet packet = encode({{}, std::vector{huge}}, Family::kIpv4);

  const auto counts = std::get<std::vector<tracker::SwarmCounts>>(parse_udp_reply(packet, Family::kIpv4)->what);
  EXPECT_EQ(counts[0], (tracker::SwarmCounts{0xffffffff, 7, 0xffffffff}));
}

TEST(UdpPackets, RequestsComeBackAsTheyWere) {
  const UdpHeader header{UdpConnectionId{0x3123456789abcdef}, UdpAction::kAnnounce, UdpTransaction{0xfedcba98}};
  UdpAnnounce request;
  request.announce.info_hash.bytes.fill(std::byte{0xab});
  request.peer_id.fill(std::byte{0xcd});
  request.announce.port = 65535;
  request.announce.left = std::uint64_t{1} << 32;
  request.announce.numwant = 0;
  request.announce.event = tracker::AnnounceEvent::kPaused;
  const std::string url(600, 'u');

  const Packet announce = written([&](auto out) { return encode_udp_announce(out, header, request, url); });
  const auto read = parse_udp_announce(announce);

  EXPECT_EQ(parse_udp_header(announce)->connection, header.connection);
  EXPECT_EQ(read->announce.left, request.announce.left);
  EXPECT_EQ(read->announce.event, request.announce.event);
  EXPECT_EQ(read->announce.numwant, 0);
  EXPECT_EQ(read->announce.port, 65535);
  std::array<char, 1000> url_room;
  EXPECT_EQ(join_url_data(read->options, url_room), url);
  EXPECT_EQ(join_url_data(read->options, std::span(url_room).first(10)), url.substr(0, 10));
  request.announce.numwant.reset();
  request.announce.left.reset();
  const auto bare =
      written([&](auto out) { return encode_udp_announce(out, header, request, std::string(5000, 'u')); });
  EXPECT_EQ(bare.size(), 98U) << "URL data without room";
  EXPECT_EQ(parse_udp_announce(bare)->announce.numwant, -1);
  EXPECT_EQ(parse_udp_announce(bare)->announce.left, ~std::uint64_t{0});
}

}  // namespace
}  // namespace torq::wire
