// SPDX-License-Identifier: MIT
#include "torq/h3/get.hpp"

#include <gtest/gtest.h>

#include "torq/h3/session.hpp"

namespace torq::h3 {
namespace {

constexpr StreamId kRequest{0}, kClientStream{2};

/// What our own server makes of a GET, and what it answers.
std::string answer_of_server(const std::string& authority, const std::string& target, Response response,
                             Request& request) {
  Session server;
  server.bind(StreamId{3}, StreamId{7}, StreamId{11});
  server.handle_bytes(kClientStream, as_bytes(kClientControl), false);
  server.handle_bytes(kRequest, as_bytes(encode_get(authority, target)), true);
  EXPECT_FALSE(server.fault());
  const auto event = server.next_event();
  if (!event || !std::holds_alternative<Asked>(*event)) {
    ADD_FAILURE() << "the server does not understand it";
    return "";
  }
  request = std::get<Asked>(*event).request;
  server.respond(kRequest, std::move(response));
  std::string bytes;
  while (const auto output = server.next_output()) {
    for (std::size_t i = 0; output->stream == kRequest && i < output->count; ++i) bytes += as_text(output->blocks[i]);
    server.handle_taken(*output, output->size);
  }
  return bytes;
}

/// What becomes of an answer that comes in pieces of `size`: `status location body`, or what is wrong.
std::string read(std::string_view answer, std::size_t size, const AnswerLimits& limits = {40, 20}) {
  AnswerReader reader(limits);
  for (; !answer.empty(); answer.remove_prefix(std::min(size, answer.size()))) {
    const auto fed = reader.feed(as_bytes(answer.substr(0, size)));
    if (!fed) return fed.error();
  }
  const auto whole = reader.finish();
  return whole ? std::to_string(whole->status) + " " + whole->location + " " + whole->body : whole.error();
}

std::string read(const std::string& answer) {
  const std::string at_once = read(answer, answer.size() + 1);
  EXPECT_EQ(read(answer, 1), at_once);
  return at_once;
}

std::string frame(char type, const std::string& payload) {
  return std::string{type, static_cast<char>(payload.size())} + payload;
}
std::string data(const std::string& body) { return frame(0, body); }
// Indexes of RFC 9204's appendix A: :status 103 is 24, 200 is 25, 404 is 27.
std::string status(char index) { return frame(1, std::string("\0\0", 2) + static_cast<char>(0xc0 | index)); }
std::string head(const std::string& fields) { return frame(1, std::string("\0\0\xd9", 3) + fields); }
std::string field(const std::string& name, const std::string& value) {
  std::string bytes(1, static_cast<char>(0x27));  // a literal name of 7 bytes or more
  bytes += static_cast<char>(name.size() - 7);
  return bytes + name + static_cast<char>(value.size()) + value;
}

TEST(Http3Get, IsWhatOurServerReads) {
  const std::string target = "/announce?info_hash=" + std::string(300, 'x');
  Request request;

  const std::string answer =
      answer_of_server("[::1]:7001", target, {200, {{"location", "/b"}}, "body", nullptr}, request);

  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, target);
  EXPECT_EQ(read(answer, 3, {}), "200 /b body");
}

TEST(Http3Get, ReadsAnAnswerInPieces) {
  EXPECT_EQ(read(status(25) + data("hel") + data("") + data("lo")), "200  hello");
  EXPECT_EQ(read(status(27)), "404  ");
  EXPECT_EQ(read(status(24) + status(25) + data("x")), "200  x") << "an interim answer comes before";
  EXPECT_EQ(read(status(25) + data("x") + frame(1, "trailers")), "200  x");
  EXPECT_EQ(read(frame(0x21, "grease") + status(25) + data("x")), "200  x") << "frames that nobody knows";
}

TEST(Http3Get, SaysThatItWasCut) {
  const std::string whole = status(25) + data("hello");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (size == status(25).size()) continue;  // an answer without a body
    EXPECT_EQ(read(whole.substr(0, size)), "it was cut") << size;
  }
  EXPECT_EQ(read(head(field("content-length", "6")) + data("hello")), "it is not as long as its Content-Length says");
}

TEST(Http3Get, RefusesFramesOutOfPlace) {
  EXPECT_EQ(read(data("x")), "its body is not where it belongs");
  EXPECT_EQ(read(status(25) + frame(1, "t") + data("x")), "its body is not where it belongs");
  EXPECT_EQ(read(status(25) + frame(1, "t") + frame(1, "t")), "it has fields behind its end");
  for (const int type : {2, 3, 4, 5, 6, 7, 8, 9, 13}) {
    EXPECT_EQ(read(status(25) + frame(static_cast<char>(type), "")), "it has a frame that does not belong there")
        << type;
  }
}

TEST(Http3Get, RefusesFieldsThatAreNone) {
  EXPECT_EQ(read(frame(1, "")), "its head cannot be read");
  EXPECT_EQ(read(frame(1, std::string("\x02\x00\x80", 3))), "its head cannot be read") << "a dynamic table";
  EXPECT_EQ(read(frame(1, std::string("\0\0\x27", 3))), "its head cannot be read");
  EXPECT_EQ(read(frame(1, std::string("\0\0", 2) + field("x-field", "y"))), "it has no status");
  EXPECT_EQ(read(head("\xd9")), "its status is none") << "it is there twice";
  EXPECT_EQ(read(head(field("content-encoding", "br"))), "it is compressed, which was not asked for");
  EXPECT_EQ(read(head(field("content-length", "-1"))), "its Content-Length is no number");
}

TEST(Http3Get, HasLimits) {
  EXPECT_EQ(read(status(25) + data(std::string(21, 'x'))), "it has more than 20 bytes");
  EXPECT_EQ(read(status(25) + data(std::string(11, 'x')) + data(std::string(10, 'x'))), "it has more than 20 bytes");
  EXPECT_EQ(read(frame(1, std::string(41, 'x'))), "its head has more than 40 bytes");
}

}  // namespace
}  // namespace torq::h3
