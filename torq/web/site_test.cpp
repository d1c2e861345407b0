// SPDX-License-Identifier: MIT
#include "torq/web/site.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "torq/bencode/reader.hpp"
#include "torq/swarm/memory_store.hpp"

namespace torq::web {
namespace {

constexpr const char* kQuery = "?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-TQ0001-abcdefghijkl";

struct StillVitals final : Vitals {
  bool is_ready() const override { return ready; }
  std::string figures() const override { return R"({"peers":0})"; }
  bool ready = true;
};

// A site over a real store and a real folder.
class SiteTest : public testing::Test {
 protected:
  SiteTest() : folder_(make_folder()), tree_(files::FileTree::at(folder_).value()) {}
  ~SiteTest() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name) << bytes;
  }

  Reply ask(wire::HttpRequest request, std::string_view from = "192.0.2.1") {
    if (request.method == wire::Method::kOther) request.method = wire::Method::kGet;
    return site_.answer(Instant(std::chrono::hours(1)), parse_ip(from).value(), request);
  }
  Reply get(std::string_view target) { return ask({.target = target}); }

  std::string announce(std::string_view rest, std::string_view from = "192.0.2.1", std::string_view forwarded = {}) {
    const std::string target = std::string("/announce") + kQuery + std::string(rest);
    const Reply reply = ask({.target = target, .forwarded_for = forwarded}, from);
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(bencode::parse(as_bytes(reply.text))) << reply.text;
    return reply.text;
  }

  static std::string field(const Reply& reply, std::string_view name) {
    for (const Field& one : reply.fields) {
      if (one.name == name) return one.value;
    }
    return "";
  }
  static std::string whole(Reply reply) {
    while (reply.file && !reply.file->done()) EXPECT_TRUE(reply.file->produce(reply.text, 1000));
    EXPECT_EQ(reply.length, reply.text.size());
    return reply.text;
  }

  static std::string make_folder() {
    std::string name = std::filesystem::temp_directory_path() / "torq-site-XXXXXX";
    return mkdtemp(name.data());
  }

  std::string folder_;
  files::FileTree tree_;
  tracker::TrackerRules rules_{.trusted_proxies = {parse_ip("10.0.0.1").value(), parse_ip("10.0.0.2").value()}};
  swarm::MemoryStore store_{swarm::SipKey{}, rules_.peer_lifetime()};
  tracker::Tracker tracker_{store_, rules_};
  StillVitals vitals_;
  Site site_{{tracker_, tree_, vitals_}, wire::Limits{.max_scrape = 2, .max_list = 3}, 1};
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_F(SiteTest, TellsALeecherOfTheSeederThatCameBefore) {
  announce("&port=6881&left=0", "192.0.2.1");

  const std::string text = announce("&port=6882&left=5", "192.0.2.2");

  EXPECT_TRUE(has(text, std::string_view("5:peers6:\xc0\0\x02\x01\x1a\xe1", 15)));
  EXPECT_TRUE(has(text, "8:completei1e")) << text;
  EXPECT_TRUE(has(text, "10:incompletei1e")) << text;
  EXPECT_TRUE(has(text, std::string_view("11:external ip4:\xc0\0\x02\x02", 20)));
}

TEST_F(SiteTest, FindsTheTrackerBehindAKeyToo) {
  for (const char* path : {"/announce", "/announce.php", "/0123abcd/announce", "/a/b/announce.php"}) {
    const Reply reply = get(std::string(path) + kQuery + "&port=1");
    EXPECT_TRUE(has(reply.text, "8:complete")) << path;
  }
  for (const char* path : {"/scrape", "/scrape.php", "/0123abcd/scrape"}) {
    EXPECT_TRUE(has(get(std::string(path) + kQuery).text, "d5:filesd20:aaaaaaaaaaaaaaaaaaaa")) << path;
  }
}

TEST_F(SiteTest, AnswersAClientsMistakesWithStatus200AndAReason) {
  for (const char* target :
       {"/announce", "/scrape", "/anounce?info_hash=aaaaaaaaaaaaaaaaaaaa", "/announce?info_hash=%zz"}) {
    const Reply reply = get(target);
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_EQ(reply.content_type, "text/plain") << target;
    EXPECT_TRUE(reply.text.starts_with("d14:failure reason")) << reply.text;
    EXPECT_TRUE(has(reply.text, "8:intervali60e")) << reply.text;
    EXPECT_EQ(has(reply.text, "8:retry in5:never"), has(target, "/anounce")) << "nothing will be there later";
  }
}

TEST_F(SiteTest, ScrapesUnknownSwarmsAsZeros) {
  announce("&port=6881&left=0&event=completed");

  const Reply reply = get("/scrape?info_hash=zzzzzzzzzzzzzzzzzzzz&info_hash=aaaaaaaaaaaaaaaaaaaa");

  EXPECT_TRUE(has(reply.text, "20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi1e10:incompletei0ee"));
  EXPECT_TRUE(has(reply.text, "20:zzzzzzzzzzzzzzzzzzzzd8:completei0e10:downloadedi0e10:incompletei0ee"));
}

TEST_F(SiteTest, BelievesOnlyTrustedProxies) {
  const auto seen = [&](std::string_view from, std::string_view forwarded) {
    const std::string text = announce("&port=6881&left=0", from, forwarded);
    const auto tree = bencode::parse(as_bytes(text)).value();
    const std::string_view ip = *tree.find("external ip")->text();
    return ip.size() != 4
               ? std::string("?")
               : to_string(IpAddress::v4({std::byte(ip[0]), std::byte(ip[1]), std::byte(ip[2]), std::byte(ip[3])}));
  };

  EXPECT_EQ(seen("192.0.2.9", "198.51.100.1"), "192.0.2.9");
  EXPECT_EQ(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(seen("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(seen("10.0.0.1", "203.0.113.5, 198.51.100.1 , 10.0.0.2"), "198.51.100.1")
      << "what stands before is hearsay";
  EXPECT_EQ(seen("10.0.0.1", "junk"), "10.0.0.1");
}

TEST_F(SiteTest, SendsAFileWithWhatTellsItsState) {
  file("dir/a b.txt", "Hello");

  const Reply reply = get("/files/dir/a%20b.txt");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, kPlainText);
  EXPECT_EQ(reply.text, "Hello");
  EXPECT_EQ(reply.length, 5U);
  EXPECT_EQ(field(reply, "accept-ranges"), "bytes");
  EXPECT_EQ(ask({.target = "/files/dir/a%20b.txt", .if_none_match = field(reply, "etag")}).status, 304);
  EXPECT_EQ(ask({.target = "/files/dir/a%20b.txt", .if_modified_since = field(reply, "last-modified")}).status, 304);
}

TEST_F(SiteTest, SendsLargeFilesAndTheirParts) {
  std::string bytes(20'000, 'x');
  bytes[9'999] = 'y';
  file("big", bytes);

  EXPECT_EQ(whole(get("/files/big")), bytes);
  Reply part = ask({.target = "/files/big", .range = "bytes=9999-15000"});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(field(part, "content-range"), "bytes 9999-15000/20000");
  EXPECT_EQ(whole(std::move(part)), bytes.substr(9'999, 5'002));
  const Reply beyond = ask({.target = "/files/big", .range = "bytes=20000-"});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(field(beyond, "content-range"), "bytes */20000");
}

TEST_F(SiteTest, AnswersHeadWithTheLengthAlone) {
  file("a.txt", "Hello");

  const Reply reply = ask({.method = wire::Method::kHead, .target = "/files/a.txt", .range = "bytes=0-0"});

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.length, 5U);
  EXPECT_EQ(reply.text, "");
  EXPECT_EQ(ask({.method = wire::Method::kHead, .target = "/announce"}).status, 405);
}

TEST_F(SiteTest, ServesNothingOutsideTheRoot) {
  file("\xff\xfe", "a name that no request of the JSON protocol can carry");
  file("folder\xff/a", "x");
  for (const char* path :
       {"/files/../etc/passwd", "/files/%2e%2e/etc/passwd", "/files//etc/passwd", "/files/..%2f..%2fetc/passwd",
        "/files/a%00b", "/files/a%5cb", "/files/none", "/files/none/", "/files/%ff%fe", "/files/folder%ff/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get("/files/%zz").status, 400);
}

TEST_F(SiteTest, ListsAFolderAsAPageOrAsJson) {
  file("d/<b>.txt", "Hello");
  file("d/sub/x", "");

  const Reply page = get("/files/d/");
  EXPECT_EQ(page.content_type, kHtml);
  EXPECT_TRUE(has(page.text, R"(<a href="%3Cb%3E.txt">&lt;b&gt;.txt</a>)")) << page.text;
  EXPECT_TRUE(has(page.text, R"(<a href="sub/">sub/</a>)")) << page.text;
  const Reply json = ask({.target = "/files/d/", .accept = "application/json"});
  EXPECT_EQ(json.content_type, kJson);
  EXPECT_EQ(json.text, R"({"list":"d","entries":[{"name":"<b>.txt","type":"file","size":5},)"
                       R"({"name":"sub","type":"folder","size":0}]})");
}

TEST_F(SiteTest, LeadsToAFoldersOwnUrl) {
  file("a b/x", "");

  EXPECT_EQ(get("/files").status, 301);
  EXPECT_EQ(field(get("/files"), "location"), "/files/");
  EXPECT_EQ(field(get("/files/a%20b"), "location"), "/files/a%20b/");
}

TEST_F(SiteTest, ListsLargeFoldersInPages) {
  for (const char* name : {"1", "2", "3", "4"}) file(name, "");

  EXPECT_TRUE(has(get("/files/").text, R"(<a href="?after=3">)"));
  const Reply rest = ask({.target = "/files/?after=3", .accept = "application/json"});
  EXPECT_EQ(rest.text, R"({"list":"","entries":[{"name":"4","type":"file","size":0}]})");
}

TEST_F(SiteTest, SaysHowTheServerIs) {
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/stats").content_type, kJson);
  EXPECT_EQ(get("/nowhere").status, 404);
  vitals_.ready = false;
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(SiteTest, RefusesMethodsThatNoRouteHas) {
  const Reply reply = site_.answer({}, IpAddress(), {.method = wire::Method::kOther, .target = "/announce"});

  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(field(reply, "allow"), "GET") << "HEAD is 405 there, too";
  const Reply file = site_.answer({}, IpAddress(), {.method = wire::Method::kOther, .target = "/files/a"});
  EXPECT_EQ(field(file, "allow"), "GET, HEAD");
}

}  // namespace
}  // namespace torq::web
