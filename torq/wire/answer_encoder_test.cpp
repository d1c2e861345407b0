// SPDX-License-Identifier: MIT
// What answers look like is in tests/vectors; here is what no single example shows.
#include "torq/wire/answer_encoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "torq/wire/answer_parser.hpp"
#include "torq/wire/arbitrary.hpp"

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

RC_GTEST_PROP(AnswerEncoder, WritesAnnounceRepliesThatAreReadBack, (std::uint64_t complete, std::uint64_t incomplete)) {
  tracker::AnnounceReply reply;
  reply.interval = std::chrono::seconds(*rc::gen::inRange(0, 1 << 20));
  reply.complete = complete;
  reply.incomplete = incomplete;
  reply.peers = *rc::gen::container<std::vector<SocketAddress>>(any_peer());
  std::string out;
  append_announce_reply(out, reply);

  const auto read = AnswerParser().parse_announce(as_bytes(out));

  RC_ASSERT(read.has_value());
  RC_ASSERT(read->interval == reply.interval);
  RC_ASSERT(read->complete == complete);
  RC_ASSERT(read->incomplete == incomplete);
  RC_ASSERT(read->peers == reply.peers);
}

RC_GTEST_PROP(AnswerEncoder, WritesListRepliesThatAreReadBack, (bool truncated)) {
  ListReply reply{*any_text(), {}, truncated};
  for (const std::string& name : *rc::gen::container<std::vector<std::string>>(any_text())) {
    reply.entries.push_back({name, EntryType::kFile, *rc::gen::arbitrary<std::uint64_t>()});
  }
  std::string out;
  append_list_reply(out, reply);

  RC_ASSERT(AnswerParser().parse_list(as_bytes(out)) == reply);
}

RC_GTEST_PROP(AnswerEncoder, WritesErrorsThatAreReadBack, ()) {
  const std::string text = *any_text();
  std::string out;
  append_error(out, ErrorCode::kNotAllowed, text);

  const auto read = AnswerParser().parse_scrape(as_bytes(out));

  RC_ASSERT(!read.has_value());
  RC_ASSERT(std::get<Refusal>(read.error()) == (Refusal{"NOT_ALLOWED", text}));
}

}  // namespace
}  // namespace torq::wire
