// SPDX-License-Identifier: MIT
#include "torq/wire/http1_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace torq::wire {
namespace {

using namespace std::literals;

Result<Http1Head, HttpFault> parse(std::string_view text) {
  Http1Scanner scanner;
  const auto end = scanner.find_end(text);
  if (!end) return Failure(end.error());
  if (!*end) return Failure(HttpFault{0, "not complete"});
  return parse_http1_head(text.substr(0, **end));
}

unsigned status_of(std::string_view text) {
  const auto head = parse(text);
  return head ? 200 : head.error().status;
}

TEST(Http1Head, ReadsWhatTheRoutesAskFor) {
  const auto head = parse(
      "GET /files/a%20b?x=y HTTP/1.1\r\nHost: t\r\nACCEPT:text/html \r\nRange: bytes=0-1\r\nIf-Range: \"x\"\r\n"
      "If-None-Match: \"y\"\r\nIf-Modified-Since: never\r\nX-Forwarded-For: 192.0.2.1\r\nUser-Agent: any "
      "thing\r\n\r\n");

  ASSERT_TRUE(head) << head.error().text;
  EXPECT_EQ(head->request.method, Method::kGet);
  EXPECT_EQ(head->request.path(), "/files/a%20b");
  EXPECT_EQ(head->request.query(), "x=y");
  EXPECT_EQ(head->request.accept, "text/html");
  EXPECT_EQ(head->request.range, "bytes=0-1");
  EXPECT_EQ(head->request.if_range, "\"x\"");
  EXPECT_EQ(head->request.if_none_match, "\"y\"");
  EXPECT_EQ(head->request.if_modified_since, "never");
  EXPECT_EQ(head->request.forwarded_for, "192.0.2.1");
}

TEST(Http1Head, KeepsTheConnectionAsItsVersionAndTheClientSay) {
  const auto keeps = [](std::string_view version, std::string_view fields) {
    const auto head = parse("GET / " + std::string(version) + "\r\nHost: t\r\n" + std::string(fields) + "\r\n");
    return head && head->keep_alive;
  };

  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "connection: Keep-Alive, CLOSE\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(Http1Head, EndsAtTheSameByteHoweverItIsCut) {
  const std::string text = "\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n";
  const std::string more = text + "GET /next HTTP/1.1\r\n";
  Http1Scanner scanner;

  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto end = scanner.find_end(std::string_view(more).substr(0, size));
    ASSERT_TRUE(end) << size;
    EXPECT_FALSE(*end) << size;
  }

  EXPECT_EQ(**scanner.find_end(more), text.size());
  EXPECT_TRUE(parse(text));
}

TEST(Http1Head, TakesTheBytesThatClientsPutIntoTargets) {
  const auto head = parse("GET /announce?info_hash=\x01\xff\"<>{}|^` HTTP/1.1\r\nHost: t\r\n\r\n");

  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.query(), "info_hash=\x01\xff\"<>{}|^`");
}

TEST(Http1Head, TakesTheFormThatProxiesAreAskedIn) {
  EXPECT_EQ(parse("GET http://host:80/a/b?c HTTP/1.1\r\nHost: t\r\n\r\n")->request.target, "/a/b?c");
  EXPECT_EQ(parse("GET http://host HTTP/1.1\r\nHost: t\r\n\r\n")->request.target, "/");
}

TEST(Http1Head, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const std::string_view text : {
           "GET / HTTP/1.1\nHost: t\n\n"sv,
           "GET / HTTP/1.1\r\nHost: t\n\r\n"sv,
           "\nGET / HTTP/1.1\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\n folded\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost : t\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\n: x\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nAccept: a\rb\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nAccept: a\0b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nX: a\x01z\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nX: a\x0bz\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nX: a\x1bz\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nX: a\x7fz\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n"sv,
       }) {
    EXPECT_EQ(status_of(text), 400U) << text;
  }
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"), 501U);
}

TEST(Http1Head, TakesWhatFieldsMayHold) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [2001:db8::1%25eth0]:80\r\nX: a\tb \x80\xff\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: caf%C3%A9.example\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 200U) << "RFC 9112 3.2: a target without authority";
}

TEST(Http1Head, RefusesWhatIsNoRequest) {
  for (const std::string_view text :
       {"GET /\r\n\r\n"sv, "GET  / HTTP/1.1\r\n\r\n"sv, "GET / x HTTP/1.1\r\n\r\n"sv, "G\"T / HTTP/1.1\r\n\r\n"sv,
        "GET / HTTP/1.1x\r\n\r\n"sv, "GET / JUNK/1.1\r\n\r\n"sv, "GET * HTTP/1.1\r\nHost: t\r\n\r\n"sv,
        "GET a/b HTTP/1.1\r\nHost: t\r\n\r\n"sv, " \r\n\r\n"sv, "\x16\x03\x01"sv, "{}"sv}) {
    EXPECT_EQ(status_of(text), 400U) << text;
  }
  EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505U);
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n"), 200U) << "a known form of a method that no route has";
}

}  // namespace
}  // namespace torq::wire
