// SPDX-License-Identifier: MIT
// What single answers mean is in tests/vectors; here are the limits, and what no single example shows.
#include "torq/wire/answer_parser.hpp"

#include <gtest/gtest.h>

#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/vectors.hpp"

namespace torq::wire {
namespace {

tracker::AnnounceReply reply_with(std::size_t peers) {
  return {std::chrono::seconds(60), 0, peers, std::vector(peers, SocketAddress{*parse_ip("192.0.2.1"), 6881})};
}

template <class Reply>
std::string fault_of(const Result<Reply, AnswerError>& reply) {
  const auto* malformed = reply ? nullptr : std::get_if<MalformedAnswer>(&reply.error());
  return malformed ? malformed->text : "no fault";
}

TEST(AnswerParser, LeavesOutThePeersBeyondItsLimit) {
  AnswerLimits limits;
  limits.max_peers = 3;
  std::string wire;
  append_announce_reply(wire, reply_with(5));

  const auto reply = AnswerParser(limits).parse_announce(as_bytes(wire));

  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->peers.size(), 3U);
  EXPECT_EQ(reply->incomplete, 5U);
}

TEST(AnswerParser, LeavesOutTheFilesAndEntriesBeyondItsLimits) {
  AnswerLimits limits;
  limits.max_files = limits.max_entries = 2;
  AnswerParser parser(limits);
  std::string scrape;
  append_scrape_reply(scrape, {{{"a", {}}, {"b", {}}, {"c", {}}}});
  std::string list;
  append_list_reply(list, {"", {{"a"}, {"b"}, {"c"}}, false});

  EXPECT_EQ(parser.parse_scrape(as_bytes(scrape))->files.size(), 2U);
  EXPECT_EQ(parser.parse_list(as_bytes(list))->entries.size(), 2U);
}

TEST(AnswerParser, RefusesAnAnswerLongerThanItsLimit) {
  AnswerLimits limits;
  limits.max_bytes = 100;
  std::string wire = R"({"list":"","entries":[]})";
  wire.resize(100, ' ');

  EXPECT_TRUE(AnswerParser(limits).parse_list(as_bytes(wire)));
  EXPECT_EQ(fault_of(AnswerParser(limits).parse_list(as_bytes(wire + " "))), "the answer is too long");
}

TEST(AnswerParser, RefusesBytesThatAreNotUtf8) {
  EXPECT_EQ(fault_of(AnswerParser().parse_list(as_bytes("{\"list\":\"\xff\",\"entries\":[]}"))),
            "the answer is not UTF-8");
}

TEST(AnswerParser, RefusesEveryTruncation) {
  AnswerParser parser;
  for (const Json& vector : read_vectors("answers.jsonl")) {
    std::string wire = wire_of(vector);
    wire.erase(wire.find_last_of('}') + 1);
    for (std::size_t size = 0; size < wire.size(); ++size) {
      const Bytes part = as_bytes(wire).first(size);
      const bool refused = !parser.parse_announce(part) && !parser.parse_capabilities(part) &&
                           !parser.parse_scrape(part) && !parser.parse_list(part) && !parser.parse_raw_header(part);
      ASSERT_TRUE(refused) << vector["name"] << size;
    }
  }
}

TEST(AnswerParser, TakesARawHeaderWithAndWithoutItsNewline) {
  std::string line;
  append_raw_header(line, {"a", 9, {2, 7}, std::nullopt});
  ASSERT_TRUE(line.ends_with('\n'));

  const auto with = AnswerParser().parse_raw_header(as_bytes(line));
  line.pop_back();
  const auto without = AnswerParser().parse_raw_header(as_bytes(line));

  ASSERT_TRUE(with);
  EXPECT_EQ(with, without);
  EXPECT_EQ(with->range, (ByteRange{2, 7}));
}

TEST(Refusal, KnowsOurCodesAndKeepsForeignOnes) {
  EXPECT_EQ((Refusal{"RATE_LIMITED", ""}).known(), ErrorCode::kRateLimited);
  EXPECT_EQ((Refusal{"TEAPOT", ""}).known(), std::nullopt);
}

}  // namespace
}  // namespace torq::wire
