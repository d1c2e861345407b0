// SPDX-License-Identifier: MIT
#include "torq/web/conditions.hpp"

#include <gtest/gtest.h>

#include "torq/web/content_type.hpp"
#include "torq/web/http_date.hpp"

namespace torq::web {
namespace {

using Kind = Portion::Kind;
using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kThen{784111777s};
constexpr std::int64_t kThenInNs = std::chrono::nanoseconds(kThen.time_since_epoch() + 5ms).count();
constexpr files::FileStamp kStamp{.id = {1, 2}, .size = 100, .links = 1, .modified = kThenInNs, .changed = kThenInNs};
const Validators kNow = validators_of(kStamp);

Portion portion(std::string_view range, std::uint64_t size = 100, std::string_view if_range = {}) {
  wire::HttpRequest request{.method = wire::Method::kGet, .range = range, .if_range = if_range};
  return portion_of(request, kNow, size);
}

void expect_part(std::string_view range, std::uint64_t offset, std::uint64_t length) {
  const Portion found = portion(range);
  EXPECT_EQ(found.kind, Kind::kPart) << range;
  EXPECT_EQ(found.range, (wire::ByteRange{offset, length})) << range;
}

TEST(HttpDate, IsReadAsItIsWritten) {
  EXPECT_EQ(http_date(kThen), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kThen);
}

TEST(HttpDate, IsNothingInAnyOtherForm) {
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:3x GMT", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(Ranges, AreThePartsThatTheyName) {
  expect_part("bytes=0-0", 0, 1);
  expect_part("bytes=10-19", 10, 10);
  expect_part("bytes=90-", 90, 10);
  expect_part("bytes=90-1000", 90, 10);
  expect_part("bytes=-10", 90, 10);
  expect_part("bytes=-1000", 0, 100);
  expect_part("bytes=0-99999999999999999999999", 0, 100);
  expect_part("Bytes = 1-1", 1, 1);
}

TEST(Ranges, BeyondTheEndAreUnsatisfiable) {
  EXPECT_EQ(portion("bytes=100-").kind, Kind::kUnsatisfiable);
  EXPECT_EQ(portion("bytes=99999999999999999999999-").kind, Kind::kUnsatisfiable);
  EXPECT_EQ(portion("bytes=-0").kind, Kind::kUnsatisfiable);
  EXPECT_EQ(portion("bytes=0-", 0).kind, Kind::kUnsatisfiable);
}

TEST(Ranges, ThatAreNoneMeanTheWholeFile) {
  for (const char* text : {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=2-1", "bytes=a-b", "bytes=1-x",
                           "bytes=0-1,3-4", "items=0-1", "bytes=--1"}) {
    EXPECT_EQ(portion(text).kind, Kind::kWhole) << text;
  }
}

TEST(Ranges, AreOnlyForWhoHoldsThisStateOfTheFile) {
  EXPECT_EQ(portion("bytes=0-0", 100, kNow.etag).kind, Kind::kPart);
  EXPECT_EQ(portion("bytes=0-0", 100, "Sun, 06 Nov 1994 08:49:37 GMT").kind, Kind::kPart);
  EXPECT_EQ(portion("bytes=0-0", 100, "Sun, 06 Nov 1994 08:49:38 GMT").kind, Kind::kWhole);
  EXPECT_EQ(portion("bytes=0-0", 100, "W/" + kNow.etag).kind, Kind::kWhole);
  EXPECT_EQ(portion("bytes=0-0", 100, "\"other\"").kind, Kind::kWhole);
}

TEST(Conditions, TellWhetherTheClientHoldsWhatThereIs) {
  const auto fresh = [](std::string_view if_none_match, std::string_view since = {}) {
    return is_fresh({.if_none_match = if_none_match, .if_modified_since = since}, kNow);
  };

  EXPECT_FALSE(fresh(""));
  EXPECT_TRUE(fresh(kNow.etag));
  EXPECT_TRUE(fresh("\"a\", W/" + kNow.etag));
  EXPECT_TRUE(fresh("*"));
  EXPECT_FALSE(fresh("\"a\"", "Sun, 06 Nov 1994 08:49:37 GMT")) << "a tag outweighs a date";
  EXPECT_TRUE(fresh("", "Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_FALSE(fresh("", "Sun, 06 Nov 1994 08:49:36 GMT"));
}

TEST(Conditions, AnotherStateHasAnotherTag) {
  files::FileStamp longer = kStamp;
  longer.size = 101;
  files::FileStamp with_its_time_set_back = kStamp;
  with_its_time_set_back.changed += 1;

  EXPECT_EQ(validators_of(kStamp).etag, kNow.etag);
  EXPECT_NE(validators_of(longer).etag, kNow.etag);
  EXPECT_NE(validators_of(with_its_time_set_back).etag, kNow.etag);
}

TEST(Accept, PrefersWhatIsNamedBest) {
  const auto page = [](std::string_view accept) { return prefers(accept, "text/html", "application/json"); };

  EXPECT_TRUE(page(""));
  EXPECT_TRUE(page("*/*"));
  EXPECT_TRUE(page("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  EXPECT_FALSE(page("application/json"));
  EXPECT_FALSE(page("application/json, */*;q=0.5"));
  EXPECT_FALSE(page("text/html;q=0.2, application/*;q=0.9"));
  EXPECT_TRUE(page("application/json;q=0.5, text/*"));
  EXPECT_FALSE(page("*/*, text/html;q=0"));
}

TEST(ContentType, FollowsTheEndOfTheName) {
  EXPECT_EQ(content_type_of("a/b.TXT"), kPlainText);
  EXPECT_EQ(content_type_of("x.tar.gz"), "application/gzip");
  EXPECT_EQ(content_type_of("archive.zip"), "application/zip");
  EXPECT_EQ(content_type_of("movie.avi"), "video/x-msvideo");
  for (const char* name : {"", "README", "a.d/README", "x.unknown", "x."}) {
    EXPECT_EQ(content_type_of(name), "application/octet-stream") << name;
  }
}

}  // namespace
}  // namespace torq::web
