// SPDX-License-Identifier: MIT
// What is written is read back, whatever it is; and what is nearly JSON is taken for what another parser takes it for.
// All properties of this module stand here: rapidcheck's templates take longer to compile than any other test.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/answer_parser.hpp"
#include "torq/wire/bencode_reply.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/file_answer_reader.hpp"
#include "torq/wire/json_text.hpp"
#include "torq/wire/request_encoder.hpp"
#include "torq/wire/request_parser.hpp"
#include "torq/wire/tracker_answer.hpp"
#include "torq/wire/vectors_test.hpp"

namespace torq::wire {
namespace {

using namespace std::chrono_literals;

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xe0 | c >> 12);
    } else {
      byte(0xf0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3f));
    }
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

/// Any valid UTF-8: controls, quotes and the astral planes too, all likely.
rc::Gen<std::string> any_text() {
  const auto code_point = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xd800),
      rc::gen::inRange<std::uint32_t>(0xe000, 0x110000), rc::gen::element<std::uint32_t>('"', '\\', '/', 0x7f, 0x2028));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point), [](const auto& points) {
    std::string text;
    for (const std::uint32_t point : points) append_utf8(text, point);
    return text;
  });
}

rc::Gen<IpAddress> any_ip() {
  const auto byte = rc::gen::map(rc::gen::arbitrary<std::uint8_t>(), [](std::uint8_t b) { return std::byte{b}; });
  return rc::gen::oneOf(rc::gen::map(rc::gen::container<std::array<std::byte, 4>>(byte), &IpAddress::v4),
                        rc::gen::map(rc::gen::container<std::array<std::byte, 16>>(byte), &IpAddress::v6));
}

rc::Gen<SocketAddress> any_peer() {
  return rc::gen::construct<SocketAddress>(any_ip(), rc::gen::inRange<std::uint16_t>(1, 65535));
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

/// In blocks of `block` bytes.
std::string encode(std::string_view data, const std::string& name, std::size_t block) {
  FileAnswerEncoder encoder;
  std::string out;
  encoder.append_head(out);
  for (std::size_t at = 0; at < data.size(); at += block) encoder.append_block(out, as_bytes(data.substr(at, block)));
  encoder.append_tail(out, {name, data.size(), std::nullopt});
  return out;
}

struct Read {
  std::string data;
  Result<FileAnswer, AnswerError> answer;
};

Read read(std::string_view wire, std::size_t chunk) {
  FileAnswerReader reader{FileAnswerLimits{}};
  std::string data;
  for (std::size_t at = 0; at < wire.size(); at += chunk) {
    if (const auto bytes = reader.feed(as_bytes(wire.substr(at, chunk)))) data += as_text(*bytes);
  }
  return {data, reader.finish()};
}

RC_GTEST_PROP(FileAnswer, IsReadAsItWasWritten, ()) {
  const auto data = *rc::gen::arbitrary<std::string>();
  const std::string name = *any_text();
  const auto block = *rc::gen::inRange<std::size_t>(1, 40);
  const auto chunk = *rc::gen::inRange<std::size_t>(1, 40);

  const Read result = read(encode(data, name, block), chunk);

  RC_ASSERT(result.answer.has_value());
  RC_ASSERT(result.data == data);
  RC_ASSERT(*result.answer == (FileAnswer{name, data.size(), std::nullopt}));
}

RC_GTEST_PROP(FileAnswer, WithItsNameInEscapesIsReadTheSame, ()) {
  const std::string name = *any_text();
  const Json answer = {{"filename", name}, {"size", 1}, {"data", {5}}};
  constexpr bool kAsciiOnly = true;

  const Read result = read(answer.dump(1, ' ', kAsciiOnly), *rc::gen::inRange<std::size_t>(1, 9));

  RC_ASSERT(result.answer.has_value());
  RC_ASSERT(result.answer->filename == name);
}

RC_GTEST_PROP(JsonText, IsReadBackByAnotherParser, ()) {
  const std::string text = *any_text();
  std::string out;

  append_json_text(out, text);

  RC_ASSERT(Json::parse(out).get<std::string>() == text);
}

RC_GTEST_PROP(WholeNumber, ReadsWhatIsWritten, (std::uint64_t number)) {
  std::string text;

  append_number(text, number);

  RC_ASSERT(is_json_number(text));
  RC_ASSERT(whole_number<std::uint64_t>(text)->value == number);
}

RC_GTEST_PROP(Utf8, OfAnyCodePointsIsValidAndNoLongerIfCutWithinOne, ()) {
  std::string text = *any_text();
  RC_PRE(!text.empty());
  RC_ASSERT(is_utf8(text));

  const bool was_ascii = static_cast<unsigned char>(text.back()) < 0x80;
  text.pop_back();

  RC_ASSERT(is_utf8(text) == was_ascii);
}

RC_GTEST_PROP(TrackerAnswer, ReadsWhatOurServerWrites, (bool compact)) {
  tracker::AnnounceReply reply{
      std::chrono::seconds(*rc::gen::inRange(0, 100'000)), *rc::gen::inRange<std::uint64_t>(0, 1U << 30),
      *rc::gen::inRange<std::uint64_t>(0, 1U << 30), *rc::gen::container<std::vector<SocketAddress>>(any_peer())};
  const IpAddress asker = *any_ip();
  std::string text;
  append_bencoded_announce(text, reply, {compact, asker, 7s});

  const auto read = parse_bencoded_announce(as_bytes(text));

  RC_ASSERT(read.has_value());
  const AnnounceAnswer& answer = *read;
  RC_ASSERT(answer.reply.interval == reply.interval);
  RC_ASSERT(answer.reply.complete == reply.complete);
  RC_ASSERT(answer.reply.incomplete == reply.incomplete);
  RC_ASSERT(answer.external_ip == asker);
  RC_ASSERT(answer.min_interval == 7s);
  if (compact)
    std::stable_partition(reply.peers.begin(), reply.peers.end(),
                          [](const auto& peer) { return peer.ip.family() == Family::kIpv4; });
  RC_ASSERT(answer.reply.peers == reply.peers);
}

}  // namespace
}  // namespace torq::wire
