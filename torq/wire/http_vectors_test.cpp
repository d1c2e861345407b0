// SPDX-License-Identifier: MIT
// Holds queries and bencoded answers against the examples in tests/vectors.
#include <gtest/gtest.h>

#include "torq/bencode/reader.hpp"
#include "torq/wire/bencode_reply.hpp"
#include "torq/wire/http_query.hpp"
#include "torq/wire/percent.hpp"
#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

using namespace std::literals;

Json json_of(const AnnounceQuery& query) {
  constexpr std::array<const char*, 5> kEvents = {"", "started", "completed", "stopped", "paused"};
  const tracker::Announce& announce = query.announce;
  Json json = {{"info_hash", to_string(announce.info_hash)}, {"port", announce.port}};
  if (announce.left) json["left"] = *announce.left;
  if (announce.event != tracker::AnnounceEvent::kNone) json["event"] = kEvents.at(static_cast<int>(announce.event));
  if (announce.ip) json["ip"] = to_string(*announce.ip);
  if (announce.numwant) json["numwant"] = *announce.numwant;
  if (!query.compact) json["compact"] = false;
  return json;
}

TEST(HttpQuery, UnderstandsTheVectors) {
  for (const Json& vector : read_vectors("http_announces.jsonl")) {
    const auto query = parse_announce_query(wire_of(vector));

    if (vector.contains("refused")) {
      ASSERT_FALSE(query) << vector["name"];
      EXPECT_NE(query.error().find(vector["refused"].get<std::string>()), std::string::npos) << query.error();
    } else {
      ASSERT_TRUE(query) << vector["name"] << query.error();
      EXPECT_EQ(json_of(*query).dump(), vector["means"].dump()) << vector["name"];
    }
  }
}

TEST(HttpQuery, KnowsWhatWasUploadedAndDownloaded) {
  const std::string query =
      "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=aaaaaaaaaaaaaaaaaaaa&port=1&uploaded=18446744073709551615&downloaded=x";

  const auto announce = parse_announce_query(query).value().announce;

  EXPECT_EQ(announce.uploaded, ~std::uint64_t{0});
  EXPECT_EQ(announce.downloaded, 0U);
}

TEST(HttpQuery, ScrapesInTheOrderOfTheQuery) {
  const auto hashes =
      parse_scrape_query("x=1&info_hash=bbbbbbbbbbbbbbbbbbbb&info_hash=%61aaaaaaaaaaaaaaaaaaa&", 2).value();

  EXPECT_EQ(hashes.size(), 2U);
  EXPECT_EQ(to_string(hashes[0]).substr(0, 4), "6262");
  EXPECT_EQ(to_string(hashes[1]).substr(0, 4), "6161");
}

TEST(HttpQuery, SaysWhyItScrapesNothing) {
  EXPECT_NE(parse_scrape_query("", 2).error().find("info_hash is missing"), std::string::npos);
  EXPECT_NE(parse_scrape_query("info_hash=short", 2).error().find("5 bytes; 20"), std::string::npos);
  const std::string one = "info_hash=aaaaaaaaaaaaaaaaaaaa&";
  EXPECT_NE(parse_scrape_query(one + one + one, 2).error().find("at most 2"), std::string::npos);
}

TEST(Percent, DecodesWhatItEncodes) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string encoded;

  append_percent_encoded(encoded, all);

  EXPECT_EQ(percent_decode(encoded), all);
  EXPECT_EQ(percent_decode("+%2b%2B"), "+++");
  for (const char* bad : {"%", "%1", "%1g", "a%zz"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

SocketAddress address(std::string_view text) { return parse_socket_address(text).value(); }

std::string announced(std::vector<SocketAddress> peers, bool compact = true, std::string_view asker = "192.0.2.1") {
  const tracker::AnnounceReply reply{.interval = 60s, .complete = 1, .incomplete = 2, .peers = std::move(peers)};
  std::string out;
  append_bencoded_announce(out, reply, {compact, parse_ip(asker).value(), 30s});
  EXPECT_TRUE(bencode::parse(as_bytes(out))) << out;
  return out;
}

TEST(BencodeReply, HasPeersAlsoWhenThereAreNone) {
  EXPECT_EQ(announced({}),
            "d8:completei1e11:external ip4:\xc0\0\x02\x01"
            "10:incompletei2e8:intervali60e12:min intervali30e5:peers0:e"sv);
  EXPECT_NE(announced({}, false).find("5:peersle"), std::string::npos);
}

TEST(BencodeReply, KeepsTheFamiliesApartInCompactForm) {
  const std::string text = announced({address("[2001:db8::1]:258"), address("192.0.2.7:6881")});

  EXPECT_NE(text.find("5:peers6:\xc0\0\x02\x07\x1a\xe1"sv), std::string::npos);
  EXPECT_NE(text.find("6:peers618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x02"
                      "e"sv),
            std::string::npos);
}

TEST(BencodeReply, ListsBothFamiliesWhenAskedForAList) {
  EXPECT_NE(announced({address("[2001:db8::1]:258"), address("192.0.2.7:6881")}, false)
                .find("5:peersld2:ip11:2001:db8::14:porti258eed2:ip9:192.0.2.74:porti6881eeee"),
            std::string::npos);
}

TEST(BencodeReply, WarnsWhoFoundNoRoom) {
  const tracker::AnnounceReply reply{.interval = 60s, .complete = 1, .incomplete = 2, .peers = {}, .listed = false};
  std::string out;

  append_bencoded_announce(out, reply, {true, parse_ip("192.0.2.1").value(), 30s});

  ASSERT_TRUE(bencode::parse(as_bytes(out))) << out;
  EXPECT_NE(out.find("5:peers0:15:warning message"), std::string::npos);
}

TEST(BencodeReply, TellsAnIpv6AskerItsAddress) {
  EXPECT_NE(announced({}, true, "2001:db8::1").find("11:external ip16:\x20\x01\x0d\xb8"), std::string::npos);
}

TEST(BencodeReply, ScrapesSortedAndEachOnce) {
  InfoHash a;
  a.bytes.fill(std::byte{'a'});
  InfoHash b;
  b.bytes.fill(std::byte{'b'});
  std::vector<ScrapedSwarm> swarms = {{b, {}}, {a, {.complete = 1, .downloaded = 2, .incomplete = 3}}, {b, {}}};
  std::string out;

  append_bencoded_scrape(out, swarms, {60s, 30s});

  EXPECT_EQ(out,
            "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi2e10:incompletei3ee"
            "20:bbbbbbbbbbbbbbbbbbbbd8:completei0e10:downloadedi0e10:incompletei0eee"
            "5:flagsd20:min_request_intervali30eee");
  EXPECT_TRUE(bencode::parse(as_bytes(out)));
}

TEST(BencodeReply, SaysWhatToDoAboutAFailure) {
  const auto encoded = [](const Failed& failed) {
    std::string out;
    append_bencoded_failure(out, failed, {60s, 30s});
    EXPECT_TRUE(bencode::parse(as_bytes(out)));
    return out;
  };

  EXPECT_EQ(encoded({"no"}), "d14:failure reason2:no8:intervali60e12:min intervali30ee");
  EXPECT_EQ(encoded({"no", Retry::kNever}),
            "d14:failure reason2:no8:intervali60e12:min intervali30e8:retry in5:nevere");
  EXPECT_EQ(encoded({"no", Retry::kInMinutes, 15min}),
            "d14:failure reason2:no8:intervali60e12:min intervali30e8:retry ini15ee");
}

}  // namespace
}  // namespace torq::wire
