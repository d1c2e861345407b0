// SPDX-License-Identifier: MIT
#include "torq/client/tracker_url.hpp"

#include <gtest/gtest.h>

namespace torq::client {
namespace {

using enum TrackerScheme;

TrackerUrl tracker_url(std::string_view text) {
  const auto url = parse_tracker_url(text);
  EXPECT_TRUE(url) << text << ": " << (url ? "" : url.error());
  return url.value_or(TrackerUrl{});
}

std::string tracker_fault(std::string_view text) {
  const auto url = parse_tracker_url(text);
  return url ? "none" : url.error();
}

std::string moved(std::string_view from, std::string_view location) {
  const auto to = redirected(tracker_url(from), location);
  return to ? std::string(host_field(*to) + to->target) : to.error();
}

TEST(TrackerUrl, HasEachSchemesOwnPort) {
  EXPECT_EQ(tracker_url("quic://t.example/x"), (TrackerUrl{kQuic, "t.example", 7001}));
  EXPECT_EQ(tracker_url("h3://t.example/a"), (TrackerUrl{kH3, "t.example", 443, "/a"}));
  EXPECT_EQ(tracker_url("HTTPS://t.example/a"), (TrackerUrl{kHttps, "t.example", 443, "/a"}));
  EXPECT_EQ(tracker_url("http://[::1]/a"), (TrackerUrl{kHttp, "::1", 80, "/a"}));
  EXPECT_EQ(tracker_url("udp://t.example:6969/a"), (TrackerUrl{kUdp, "t.example", 6969, "/a"}));
  EXPECT_EQ(tracker_fault("udp://t.example/a"), "the port is missing: udp://tracker.example:6969, for example");
}

TEST(TrackerUrl, AsksForAnnounceUnlessItHasAPath) {
  for (const char* text : {"http://t", "http://t/", "http://t:80"})
    EXPECT_EQ(tracker_url(text).target, "/announce") << text;
  EXPECT_EQ(tracker_url("http://t?key=1").target, "/announce?key=1");
  EXPECT_EQ(tracker_url("http://t/?key=1").target, "/announce?key=1");
  EXPECT_EQ(tracker_url("http://t/x").target, "/x");
  EXPECT_EQ(tracker_url("udp://t:1").target, "");
  EXPECT_EQ(tracker_url("udp://t:1/").target, "");
}

TEST(TrackerUrl, KeepsPathAndQueryAsTheyAre) {
  EXPECT_EQ(tracker_url("http://t/%41%2F/announce.php?passkey=a==&x=%zz").target,
            "/%41%2F/announce.php?passkey=a==&x=%zz");
  EXPECT_EQ(tracker_url("http://t/a#b").target, "/a");
}

TEST(TrackerUrl, TellsPeopleNoKey) {
  EXPECT_EQ(shown(tracker_url("http://t:81/secret/announce")), "http://t:81/…");
  EXPECT_EQ(shown(tracker_url("https://[::1]/announce?passkey=secret")), "https://[::1]/…");
  EXPECT_EQ(shown(tracker_url("https://t/announce")), "https://t/announce");
  EXPECT_EQ(shown(tracker_url("udp://t:1")), "udp://t:1");
}

TEST(TrackerUrl, SaysWhatIsWrong) {
  EXPECT_EQ(tracker_fault("t.example"),
            "it must begin with quic://, h3://, https://, http:// or udp://, for example quic://tracker.example");
  EXPECT_EQ(tracker_fault("wss://t/a"),
            "the scheme is wss, torq asks trackers by quic://, h3://, https://, http:// or udp://");
  EXPECT_EQ(tracker_fault("http:///a"), "the host is missing after http://");
  for (const char* text : {"http://t/a b", "http://t/\n", "http://t/\xff"}) {
    EXPECT_EQ(tracker_fault(text), "the path has a character that must be written as %XX");
  }
  EXPECT_EQ(tracker_fault("http://t/" + std::string(4096, 'a')), "the path and query have more than 4096 characters");
}

// The table of BEP 48.
TEST(TrackerUrl, DerivesScrapeAsBep48Says) {
  EXPECT_EQ(scrape_target_of("/announce"), "/scrape");
  EXPECT_EQ(scrape_target_of("/x/announce"), "/x/scrape");
  EXPECT_EQ(scrape_target_of("/announce.php"), "/scrape.php");
  EXPECT_EQ(scrape_target_of("/a"), std::nullopt);
  EXPECT_EQ(scrape_target_of("/announce?x2%0644"), "/scrape?x2%0644");
  EXPECT_EQ(scrape_target_of("/announce?x=2/4"), "/scrape?x=2/4");
  EXPECT_EQ(scrape_target_of("/x%064announce"), std::nullopt);
  EXPECT_EQ(scrape_target_of("/announce/key"), std::nullopt);
  EXPECT_EQ(scrape_target_of("/scrape?x"), "/scrape?x");
}

TEST(TrackerUrl, FollowsToTheSameSchemeOrToTls) {
  EXPECT_EQ(moved("http://t/a", "/b?c"), "t/b?c");
  EXPECT_EQ(moved("http://t:81/a", "/b"), "t:81/b");
  EXPECT_EQ(moved("http://t/a", "//u/b"), "u/b");
  EXPECT_EQ(moved("http://t/a", "https://t/b"), "t/b");
  EXPECT_EQ(moved("h3://t/a", "https://u/b"), "u/b");
  EXPECT_EQ(moved("https://t/a", "http://t/b/c"), "the tracker sends on to another scheme: http://t/…");
  EXPECT_EQ(moved("http://t/a", "udp://t:1/b"), "the tracker sends on to another scheme: udp://t:1/…");
  EXPECT_EQ(moved("http://t/a", "b"), "the tracker sends on to a place that is no URL");
  EXPECT_EQ(moved("http://t/a", "gopher://b"), "the tracker sends on to a URL that torq cannot use");
}

}  // namespace
}  // namespace torq::client
