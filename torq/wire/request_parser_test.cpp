// SPDX-License-Identifier: MIT
// The corner cases of single requests are in tests/vectors; here is what no single example shows.
#include "torq/wire/request_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "torq/wire/request_encoder.hpp"
#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

constexpr std::string_view kHash = "0123456789abcdef0123456789abcdef01234567";

ErrorCode refusal_of(RequestParser& parser, std::string_view wire) {
  const auto request = parser.parse(as_bytes(wire));
  EXPECT_FALSE(request) << wire;
  return request ? ErrorCode::kInternalError : request.error().code;
}

/// A buffer of just the size that parsing in place needs, so that a sanitizer sees every byte too far.
struct Padded {
  explicit Padded(std::string_view wire, char padding = ' ') : bytes(wire.size() + RequestParser::kPadding) {
    std::ranges::fill(bytes, static_cast<std::byte>(padding));
    std::ranges::copy(as_bytes(wire), bytes.begin());
  }
  std::vector<std::byte> bytes;
};

std::string announce_with(std::string_view member, std::string_view value) {
  return R"({"info_hash":")" + std::string(kHash) + R"(","peer_id":"x","port":1,")" + std::string(member) + R"(":)" +
         std::string(value) + "}";
}

TEST(RequestParser, RefusesEveryTruncationAsNoJson) {
  RequestParser parser;
  for (const Json& vector : read_vectors("requests.jsonl")) {
    std::string wire = wire_of(vector);
    wire.erase(wire.find_last_of('}') + 1);
    for (std::size_t size = 0; size < wire.size(); ++size) {
      const ErrorCode code = refusal_of(parser, std::string_view(wire).substr(0, size));
      const bool within_character = size > 0 && (static_cast<unsigned char>(wire[size]) & 0xc0) == 0x80;
      ASSERT_EQ(code, within_character ? ErrorCode::kInvalidEncoding : ErrorCode::kInvalidJson)
          << vector["name"] << size;
    }
  }
}

TEST(RequestParser, ReadsNothingBehindARequestThatIsParsedInPlace) {
  RequestParser parser;
  // What stands behind must not complete, change or spoil the request.
  for (const char padding : {' ', '}', ']', '"', ',', '{', '0', '\0', '\xff'}) {
    const std::string_view whole = R"({"file":"a","x":[{}]})";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      const Padded buffer(whole.substr(0, size), padding);

      const auto request = parser.parse_in_place(buffer.bytes, size);

      ASSERT_EQ(request.has_value(), size == whole.size()) << padding << size;
    }
  }
}

TEST(RequestParser, ParsesInPlaceWhatItParsesFromACopy) {
  RequestParser parser;
  for (const char* file : {"requests.jsonl", "refused_requests.jsonl"}) {
    for (const Json& vector : read_vectors(file)) {
      const std::string wire = wire_of(vector);
      const Padded buffer(wire, '}');
      const auto copied = parser.parse(as_bytes(wire));
      const std::string meant = copied ? encode_request(*copied) : copied.error().text;

      const auto in_place = parser.parse_in_place(buffer.bytes, wire.size());

      EXPECT_EQ(in_place ? encode_request(*in_place) : in_place.error().text, meant) << vector["name"];
    }
  }
}

// A member that no announce has sends it past the fast way of usual ones.
std::string unusual(std::string wire) { return wire.insert(wire.find('{') + 1, R"("?":0,)"); }

TEST(RequestParser, GivesTheSameForAnnouncesWrittenInUnusualWays) {
  RequestParser parser;
  const auto meaning_of = [&](const std::string& wire) {
    const auto request = parser.parse(as_bytes(wire));
    return request ? encode_request(*request) : request.error().text;
  };
  const std::string start = R"({"info_hash":")" + std::string(kHash) + R"(","peer_id":"x","port":1)";
  for (const char* rest : {"}",
                           "} ",
                           "}}",
                           "",
                           ",}",
                           R"(, "left" : 0 , "event":"started"})",
                           R"(,"event":"completed","left":null})",
                           R"(,"event":"stopped","ip":null,"numwant":null})",
                           R"(,"event":""})",
                           R"(,"event":"paused"})",
                           R"(,"event":"start\u0065d"})",
                           R"(,"event":7})",
                           R"(,"ip":"10.0.0.1"})",
                           R"(,"ip":"2001:db8::1"})",
                           R"(,"ip":"10.0.0.01"})",
                           R"(,"ip":""})",
                           R"(,"left":0,"left":0})",
                           R"(,"left":00})",
                           R"(,"left":-0})",
                           R"(,"left":1.0})",
                           R"(,"left":1e3})",
                           R"(,"left":999999999999999999})",
                           R"(,"left":1000000000000000000})",
                           R"(,"left":18446744073709551615})",
                           R"(,"left":18446744073709551616})",
                           R"(,"left":"0"})",
                           R"(,"left":99999999999999999999null})",
                           R"(,"event":"null})",
                           R"(,"numwant":-1})",
                           R"(,"numwant":9223372036854775808})",
                           R"(,"uploaded":1,"downloaded":2,"numwant":30})",
                           R"(,"port":1})",
                           R"(,"file":"a"})",
                           ",\"left\"\n:\r\t5}",
                           ",\"event\":\"\x1f\"}",
                           ",\"event\":\"\xc3\xa9\"}",
                           ",\"event\":\"\xff\"}"}) {
    EXPECT_EQ(meaning_of(start + rest), meaning_of(unusual(start + rest))) << rest;
  }
  for (const char* port : {"0", "1", "65535", "65536", "065", "null", "1.5", "-1", "\"1\"", "99999999999999999999"}) {
    const std::string wire =
        R"({"port":)" + std::string(port) + R"(,"info_hash":")" + std::string(kHash) + R"(","peer_id":"x"})";
    EXPECT_EQ(meaning_of(wire), meaning_of(unusual(wire))) << port;
  }
}

TEST(RequestParser, TakesARequestOfTheLimitAndNotAByteMore) {
  RequestParser parser;
  std::string wire = R"({"file":"a"})";
  wire.resize(Limits{}.max_request_bytes, ' ');

  EXPECT_TRUE(parser.parse(as_bytes(wire)));

  wire += ' ';
  EXPECT_EQ(refusal_of(parser, wire), ErrorCode::kRequestTooLarge);
  const Padded buffer(wire);
  EXPECT_EQ(parser.parse_in_place(buffer.bytes, wire.size()).error().code, ErrorCode::kRequestTooLarge);
}

TEST(RequestParser, TakesAsManyInfoHashesAsTheLimitSays) {
  Limits limits;
  limits.max_scrape = 2;
  RequestParser parser(limits);
  const std::string two = R"({"scrape":[")" + std::string(40, '1') + R"(",")" + std::string(40, '2') + R"("]})";
  const std::string three = R"({"scrape":[")" + std::string(40, '1') + R"(",")" + std::string(40, '1') + R"(",")" +
                            std::string(40, '1') + R"("]})";

  EXPECT_TRUE(parser.parse(as_bytes(two)));
  EXPECT_EQ(parser.parse(as_bytes(three)).error().text, "scrape must list at most 2 info hashes (max_scrape)");
}

TEST(RequestParser, TakesThousandsOfDigitsForWhatTheyMean) {
  RequestParser parser;
  const std::string digits(60'000, '9');

  EXPECT_TRUE(parser.parse(as_bytes(announce_with("unknown", digits))));
  EXPECT_EQ(refusal_of(parser, announce_with("left", digits)), ErrorCode::kInvalidRequest);
  EXPECT_EQ(refusal_of(parser, announce_with("unknown", "0" + digits)), ErrorCode::kInvalidJson);
  const auto request = parser.parse(as_bytes(announce_with("numwant", "-" + digits)));
  EXPECT_EQ(std::get<AnnounceRequest>(*request).announce.numwant, std::numeric_limits<std::int64_t>::min());
}

TEST(RequestParser, TakesAPeerIdOf64BytesHoweverManyCharactersThatIs) {
  RequestParser parser;
  std::string id;
  for (int i = 0; i < 32; ++i) id += "é";
  const auto announce = [](const std::string& peer_id) {
    return R"({"info_hash":")" + std::string(kHash) + R"(","port":1,"peer_id":")" + peer_id + R"("})";
  };

  const auto request = parser.parse(as_bytes(announce(id)));

  ASSERT_TRUE(request);
  EXPECT_EQ(std::get<AnnounceRequest>(*request).peer_id, id);
  EXPECT_EQ(refusal_of(parser, announce(id + "x")), ErrorCode::kInvalidRequest);
}

TEST(RequestParser, IsAsGoodAsNewAfterARefusal) {
  RequestParser parser;
  for (const Json& vector : read_vectors("refused_requests.jsonl")) {
    refusal_of(parser, wire_of(vector));

    const auto request = parser.parse(as_bytes(R"({"file":"a"})"));

    ASSERT_TRUE(request) << vector["name"];
    EXPECT_EQ(encode_request(*request), R"({"file":"a"})");
  }
}

TEST(RequestParser, KeepsItsViewsWhenItIsMoved) {
  RequestParser parser;
  const auto request = parser.parse(as_bytes(R"({"file":"a name"})"));

  const RequestParser moved = std::move(parser);

  EXPECT_EQ(std::get<FileRequest>(*request).name, "a name");
}

}  // namespace
}  // namespace torq::wire
