// SPDX-License-Identifier: MIT
#include "torq/wire/http1_answer.hpp"

#include <gtest/gtest.h>

namespace torq::wire {
namespace {

constexpr HttpAnswerLimits kSmall{200, 20};

/// What becomes of an answer that comes in pieces of `size`, and then the connection ends: `status location body`, or
/// what is wrong.
std::string read(std::string_view answer, std::size_t size, const HttpAnswerLimits& limits) {
  Http1AnswerReader reader(limits);
  for (; !answer.empty(); answer.remove_prefix(std::min(size, answer.size()))) {
    const auto whole = reader.feed(answer.substr(0, size));
    if (!whole) return whole.error();
  }
  if (const auto ended = reader.finish(); !ended) return ended.error();
  const HttpAnswer taken = reader.take();
  return std::to_string(taken.status) + " " + taken.location + " " + taken.body;
}

std::string read(std::string_view answer) {
  const std::string at_once = read(answer, answer.size() + 1, kSmall);
  EXPECT_EQ(read(answer, 1, kSmall), at_once);
  return at_once;
}

TEST(Http1Answer, EndsWhereItsLengthSays) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "200  hello");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\ncontent-LENGTH:5 \r\nContent-Length: 5\r\n\r\nhello and more"), "200  hello");
  EXPECT_EQ(read("HTTP/1.0 404\r\nContent-Length: 0\r\n\r\n"), "404  ");
}

TEST(Http1Answer, EndsWithTheConnectionWithoutALength) {
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nhello"), "200  hello");
  EXPECT_EQ(read("HTTP/1.1 200 OK\nX: y\n\nhello"), "200  hello") << "bare line feeds are taken";
}

TEST(Http1Answer, JoinsChunks) {
  constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 9\r\n\r\n";
  const auto chunked = [&](std::string_view body) { return read(std::string(kHead) + std::string(body)); };

  EXPECT_EQ(chunked("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nmore"), "200  abc0123456789");
  EXPECT_EQ(chunked("3\r\nabcd\r\n0\r\n\r\n"), "a chunk is longer than it says");
  EXPECT_EQ(chunked("x\r\n"), "a chunk has no size");
  EXPECT_EQ(chunked("-1\r\n"), "a chunk has no size");
  EXPECT_EQ(chunked("3\r\nab"), "the answer was cut");
  EXPECT_EQ(chunked("3\r\nabc\r\n0\r\n"), "the answer was cut");
  EXPECT_EQ(chunked("ffffffffffffffff\r\n" + std::string(21, 'x')), "it has more than 20 bytes");
}

TEST(Http1Answer, PassesOverInterimAnswers) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\nContent-Length: 7\r\n\r\nHTTP/1.1 204 No\r\nContent-Length: 7\r\n\r\n"),
            "204  ");
}

TEST(Http1Answer, TellsWhereToGoOn) {
  EXPECT_EQ(read("HTTP/1.1 302 Found\r\nLocation:  /there \r\nContent-Length: 0\r\n\r\n"), "302 /there ");
}

TEST(Http1Answer, SaysThatItWasCut) {
  EXPECT_EQ(read(""), "the connection ended before the answer");
  EXPECT_EQ(read("HTTP/1.1 20"), "the connection ended before the answer");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Le"), "the answer was cut");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), "the answer was cut: 5 of 9 bytes came");
}

TEST(Http1Answer, RefusesWhatIsNoAnswer) {
  for (const char* line : {"SSH-2.0-x", "HTTP/2 200 OK", "HTTP/1.1 OK", "HTTP/1.1 2000", "HTTP/1.1 099 x", "<html>"}) {
    EXPECT_EQ(read(std::string(line) + "\r\n\r\n"), "it is not that of HTTP/1.1") << line;
  }
  for (const char* line : {"no field", ": x", "na me: x", " folded: x"}) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + std::string(line) + "\r\n\r\n"), "its head has a line that is no field");
  }
}

TEST(Http1Answer, RefusesAnEndThatIsAmbiguous) {
  const auto with = [](const std::string& fields) { return read("HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n"); };

  EXPECT_EQ(with("Content-Length: 1\r\nContent-Length: 2"), "it has two different Content-Lengths");
  for (const char* length : {"", "-1", "+1", "1, 1", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(with("Content-Length: " + std::string(length)), "its Content-Length is no number") << length;
  }
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked"), "it has a transfer coding that was not asked for");
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            "it has a transfer coding that was not asked for");
  EXPECT_EQ(with("Content-Encoding: gzip"), "it is compressed, which was not asked for");
}

TEST(Http1Answer, HasLimits) {
  const std::string body(21, 'x');
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n"), "it has more than 20 bytes");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + body), "it has more than 20 bytes");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x')), "its head has more than 200 bytes");
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(read(interim), "its head has more than 200 bytes");
}

}  // namespace
}  // namespace torq::wire
