// SPDX-License-Identifier: MIT
// What answers look like is in tests/vectors; here is what no single example shows.
#include "torq/wire/answer_encoder.hpp"

#include <gtest/gtest.h>

#include "torq/wire/answer_parser.hpp"

namespace torq::wire {
namespace {

TEST(AnswerEncoder, AppendsBehindWhatIsThere) {
  std::string out = "before ";

  append_error(out, ErrorCode::kInternalError, "x");
  append_announce_reply(out, {std::chrono::seconds(60), 1, 0, {{*parse_ip("10.0.0.1"), 1}}});

  EXPECT_EQ(out, R"(before {"error":"x","code":"INTERNAL_ERROR"})"
                 R"({"interval":60,"peers":[{"ip":"10.0.0.1","port":1}],"complete":1,"incomplete":0})");
}

TEST(AnswerEncoder, WritesTheLongestAddressesWhole) {
  const SocketAddress longest4{*parse_ip("255.255.255.255"), 65535};
  const SocketAddress longest6{*parse_ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 65535};
  const tracker::AnnounceReply reply{std::chrono::seconds(1), 0, 0, {longest6, longest4, longest6}};
  std::string out;

  append_announce_reply(out, reply);

  EXPECT_EQ(AnswerParser().parse_announce(as_bytes(out))->peers, reply.peers);
}

}  // namespace
}  // namespace torq::wire
