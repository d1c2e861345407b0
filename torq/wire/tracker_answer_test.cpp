// SPDX-License-Identifier: MIT
#include "torq/wire/tracker_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "torq/wire/bencode_reply.hpp"
#include "torq/wire/http_query.hpp"
#include "torq/wire/query_encoder.hpp"

namespace torq::wire {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

AnnounceAnswer good(std::string_view text) {
  const auto answer = parse_bencoded_announce(as_bytes(text));
  EXPECT_TRUE(answer) << (answer ? "" : answer.error().text);
  return answer.value_or(AnnounceAnswer{});
}

TrackerFault fault(std::string_view text) {
  const auto answer = parse_bencoded_announce(as_bytes(text));
  EXPECT_FALSE(answer) << text;
  return answer ? TrackerFault{} : answer.error();
}

std::vector<SocketAddress> peers(std::string_view text) { return good(text).reply.peers; }

SocketAddress socket_address(std::string_view text) { return parse_socket_address(text).value(); }

InfoHash hash_of(char c) {
  InfoHash hash;
  hash.bytes.fill(std::byte(static_cast<unsigned char>(c)));
  return hash;
}

TEST(TrackerAnswer, TakesPeersInEachForm) {
  EXPECT_EQ(peers("d5:peers12:\xc0\x00\x02\x01\x1a\xe1\xc0\x00\x02\x02\x00\x00"
                  "e"sv),
            std::vector{socket_address("192.0.2.1:6881")})
      << "without port 0";
  EXPECT_EQ(peers("d6:peers618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50"
                  "e"sv),
            std::vector{socket_address("[2001:db8::1]:80")});
  EXPECT_EQ(peers("d5:peersld2:ip9:192.0.2.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eed2:ip3:::14:porti1eeee"),
            (std::vector{socket_address("192.0.2.1:6881"), socket_address("[::1]:1")}));
  EXPECT_TRUE(peers("d5:peersld2:ip7:a.b.com4:porti1eed2:ip9:192.0.2.14:porti65536eed2:ip9:192.0.2.1ei5eee").empty());
  EXPECT_TRUE(peers("de").empty());
}

TEST(TrackerAnswer, LeavesOutWhatIsTooMuch) {
  const auto answer = parse_bencoded_announce(as_bytes("d5:peers12:\x01\x01\x01\x01\x01\x01\x02\x02\x02\x02\x02\x02"
                                                       "e"sv),
                                              1);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->reply.peers.size(), 1U);
}

TEST(TrackerAnswer, RefusesPeersThatAreCut) {
  EXPECT_EQ(fault("d5:peers5:abcdee").text, "peers is not of 6 bytes each");
  EXPECT_EQ(fault("d6:peers617:abcdefghijklmnopqe").text, "peers6 is not of 18 bytes each");
}

TEST(TrackerAnswer, TellsWhatTheTrackerSays) {
  const AnnounceAnswer answer = good(
      "d8:completei3e12:min intervali60e15:warning message4:slow10:tracker id2:x\xff"
      "e");

  EXPECT_EQ(answer.reply.complete, 3U);
  EXPECT_EQ(answer.reply.interval, 1800s) << "unless it says another";
  EXPECT_EQ(answer.min_interval, 60s);
  EXPECT_EQ(answer.warning, "slow");
  EXPECT_EQ(answer.tracker_id, "x\xff");
}

TEST(TrackerAnswer, TakesOddFiguresForNone) {
  const AnnounceAnswer answer =
      good("d8:completei-3e10:incomplete1:x8:intervali-1e12:min intervali9223372036854775807ee");

  EXPECT_EQ(answer.reply.complete, 0U);
  EXPECT_EQ(answer.reply.incomplete, 0U);
  EXPECT_EQ(answer.reply.interval, 1800s);
  EXPECT_EQ(answer.min_interval, std::chrono::hours(24 * 365));
}

TEST(TrackerAnswer, TellsWhyItIsRefused) {
  EXPECT_EQ(fault("d14:failure reason5:go on5:peers0:e").kind, TrackerFault::Kind::kRefused);
  EXPECT_EQ(fault("d14:failure reason5:go one").text, "go on");
  EXPECT_EQ(fault("d14:failure reasoni5ee").kind, TrackerFault::Kind::kRefused);
  EXPECT_EQ(fault("d14:failure reason0:8:retry ini5ee").retry, 5min);
  EXPECT_TRUE(fault("d14:failure reason0:8:retry in5:nevere").is_final);
}

TEST(TrackerAnswer, TakesKeysInAnyOrder) { EXPECT_EQ(good("d5:peers0:8:completei3ee").reply.complete, 3U); }

TEST(TrackerAnswer, RefusesWhatIsNoDictionary) {
  EXPECT_EQ(fault("<html>").text, "the bencoding holds a byte that begins no value");
  EXPECT_EQ(fault("").text, "the bencoding ends early");
  EXPECT_EQ(fault("le").text, "it is no dictionary");
  EXPECT_EQ(fault("d8:completei3e").text, "the bencoding ends early");
  for (const char* text : {"<html>", "le"}) EXPECT_EQ(fault(text).kind, TrackerFault::Kind::kMalformed);
}

TEST(TrackerAnswer, HasAScrapeInTheOrderOfTheQuestion) {
  const std::vector asked = {hash_of('b'), hash_of('z'), hash_of('a')};
  std::vector<ScrapedSwarm> known = {{hash_of('a'), {1, 2, 3}}, {hash_of('b'), {4, 5, 6}}};
  std::string text;
  append_bencoded_scrape(text, known, {});

  const auto scraped = parse_bencoded_scrape(as_bytes(text), asked);

  ASSERT_TRUE(scraped);
  ASSERT_EQ(scraped->size(), 3U);
  EXPECT_EQ((*scraped)[0].figures.counts, (tracker::SwarmCounts{4, 5, 6}));
  EXPECT_EQ((*scraped)[1].figures.counts, tracker::SwarmCounts{}) << "not known to the tracker";
  EXPECT_EQ((*scraped)[2].figures.counts, (tracker::SwarmCounts{1, 2, 3}));
}

TEST(TrackerAnswer, TellsDownloadersWhereTheTrackerDoes) {
  const std::vector asked = {hash_of('a'), hash_of('b')};
  const std::string text =
      "d5:filesd20:" + std::string(20, 'a') + "d11:downloadersi2ee20:" + std::string(20, 'b') + "deee";

  const auto scraped = parse_bencoded_scrape(as_bytes(text), asked);

  ASSERT_TRUE(scraped);
  EXPECT_EQ((*scraped)[0].figures.downloaders, 2U);
  EXPECT_EQ((*scraped)[1].figures.downloaders, std::nullopt);
}

TEST(TrackerAnswer, RefusesAScrapeThatIsNone) {
  const std::vector asked = {hash_of('a')};
  const std::string no_figures = "d5:filesd20:" + std::string(20, 'a') + "i1eee";
  for (const std::string& text :
       {std::string("de"), std::string("d5:filesle"), std::string("d5:filesi1ee"), no_figures}) {
    EXPECT_FALSE(parse_bencoded_scrape(as_bytes(text), asked)) << text;
  }
}

// What a client writes is what a server reads.
TEST(QueryEncoder, WritesWhatOurServerReads) {
  tracker::Announce announce;
  announce.info_hash = hash_of('\xff');
  announce.port = 6881;
  announce.uploaded = 1;
  announce.downloaded = 2;
  announce.left = 3;
  announce.event = tracker::AnnounceEvent::kPaused;
  announce.ip = parse_ip("2001:db8::1");
  announce.numwant = 0;

  const std::string target =
      announce_target("/announce?passkey=a==", announce, {"-TQ0100-\x01& =abcdefgh", 0xab, "i d"});

  EXPECT_TRUE(target.starts_with("/announce?passkey=a==&info_hash=%FF%FF")) << target;
  EXPECT_NE(target.find("&key=000000AB"), std::string::npos);
  EXPECT_TRUE(target.ends_with("&trackerid=i%20d")) << target;
  const auto query = parse_announce_query(target.substr(target.find('?') + 1));
  ASSERT_TRUE(query) << query.error();
  EXPECT_EQ(query->announce.info_hash, announce.info_hash);
  EXPECT_EQ(query->announce.left, 3U);
  EXPECT_EQ(query->announce.event, announce.event);
  EXPECT_EQ(query->announce.ip, announce.ip);
  EXPECT_EQ(query->announce.numwant, 0);
}

TEST(QueryEncoder, BeginsTheQueryWhereThereIsNone) {
  const std::vector hashes = {hash_of('a'), hash_of('b')};
  const std::string query = "info_hash=" + std::string(20, 'a') + "&info_hash=" + std::string(20, 'b');

  EXPECT_EQ(scrape_target("/scrape", hashes), "/scrape?" + query);
  EXPECT_EQ(scrape_target("/scrape?", hashes), "/scrape?" + query);
  EXPECT_EQ(scrape_target("/scrape?x", hashes), "/scrape?x&" + query);
  EXPECT_EQ(scrape_target("/scrape?x&", hashes), "/scrape?x&" + query);
}

}  // namespace
}  // namespace torq::wire
