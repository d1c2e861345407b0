// SPDX-License-Identifier: MIT
// The corner cases of single requests are in tests/vectors; here is what no single example shows.
#include "torq/wire/request_parser.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>

#include "torq/wire/arbitrary.hpp"
#include "torq/wire/request_encoder.hpp"
#include "torq/wire/vectors.hpp"

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

RC_GTEST_PROP(RequestParser, ReadsTheAnnouncesThatAreEncoded, ()) {
  using namespace rc;
  AnnounceRequest request;
  const std::string peer_id = *gen::suchThat(any_text(), [](const auto& t) { return !t.empty() && t.size() <= 64; });
  request.peer_id = peer_id;
  for (std::byte& b : request.announce.info_hash.bytes) b = std::byte{*gen::arbitrary<std::uint8_t>()};
  request.announce.port = *gen::inRange<std::uint16_t>(1, 65535);
  request.announce.uploaded = *gen::arbitrary<std::uint64_t>();
  request.announce.downloaded = *gen::arbitrary<std::uint64_t>();
  if (*gen::arbitrary<bool>()) request.announce.left = *gen::arbitrary<std::uint64_t>();
  if (*gen::arbitrary<bool>()) request.announce.numwant = *gen::arbitrary<std::int64_t>();
  if (*gen::arbitrary<bool>()) request.announce.ip = *any_ip();
  request.announce.event = static_cast<tracker::AnnounceEvent>(*gen::inRange(0, 4));
  const std::string wire = encode_request(request);

  RequestParser parser;
  const auto parsed = parser.parse(as_bytes(wire));

  RC_ASSERT(parsed.has_value());
  const auto& announce = std::get<AnnounceRequest>(*parsed);
  RC_ASSERT(announce.peer_id == peer_id);
  RC_ASSERT(announce.announce.info_hash == request.announce.info_hash);
  RC_ASSERT(announce.announce.left == request.announce.left);
  RC_ASSERT(announce.announce.ip == request.announce.ip);
  RC_ASSERT(encode_request(*parsed) == wire);
}

RC_GTEST_PROP(RequestParser, ReadsTheFileRequestsThatAreEncoded, (bool raw)) {
  FileRequest request;
  const std::string name = *any_text();
  request.name = name;
  request.encoding = raw ? FileEncoding::kRaw : FileEncoding::kNumbers;
  if (*rc::gen::arbitrary<bool>()) request.offset = *rc::gen::arbitrary<std::uint64_t>();
  if (*rc::gen::arbitrary<bool>()) request.length = *rc::gen::arbitrary<std::uint64_t>();

  RequestParser parser;
  const auto parsed = parser.parse(as_bytes(encode_request(request)));

  RC_ASSERT(parsed.has_value());
  const auto& file = std::get<FileRequest>(*parsed);
  RC_ASSERT(file.name == name);
  RC_ASSERT(file.offset == request.offset);
  RC_ASSERT(file.length == request.length);
  RC_ASSERT(file.encoding == request.encoding);
}

/// The requests of the vectors.
std::vector<std::string> good_requests() {
  std::vector<std::string> wires;
  for (const Json& vector : read_vectors("requests.jsonl")) wires.push_back(wire_of(vector));
  return wires;
}

/// A good request with a few characters changed: mostly nearly JSON.
std::string mangled(const std::vector<std::string>& good) {
  const std::vector<std::string> tokens = {"{", "}", "[", "]",    ",",    ":",   "\"",   "\\", "0", "-",
                                           "e", ".", " ", "true", "null", "\\u", "\x01", "1",  "/", "a"};
  std::string wire = *rc::gen::elementOf(good);
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, wire.size());
    wire.replace(at, *rc::gen::inRange<std::size_t>(0, 3), *rc::gen::elementOf(tokens));
  }
  return wire;
}

/// The other parser refuses those, and does not look further.
bool has_number_beyond_double(const std::string& wire) {
  try {
    return nlohmann::json::parse(wire).is_discarded();
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

TEST(RequestParser, CallsJsonWhatAnotherStrictParserCallsJson) {
  const std::vector<std::string> good = good_requests();

  EXPECT_TRUE(rc::check([&good] {
    const std::string wire = mangled(good);
    RC_PRE(!has_number_beyond_double(wire));
    RequestParser parser;

    const auto request = parser.parse(as_bytes(wire));

    const bool is_json = request || (request.error().code != ErrorCode::kInvalidJson &&
                                     request.error().code != ErrorCode::kInvalidEncoding);
    RC_ASSERT(nlohmann::json::accept(wire) == is_json);
  }));
}

}  // namespace
}  // namespace torq::wire
