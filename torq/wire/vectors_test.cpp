// SPDX-License-Identifier: MIT
// Holds the code against the normative examples in tests/vectors, and docs/wire.md against both.
#include "torq/wire/vectors_test.hpp"

#include <gtest/gtest.h>

#include <set>

#include "torq/base/hex.hpp"
#include "torq/wire/answer_encoder.hpp"
#include "torq/wire/answer_parser.hpp"
#include "torq/wire/file_answer_encoder.hpp"
#include "torq/wire/file_answer_reader.hpp"
#include "torq/wire/request_encoder.hpp"
#include "torq/wire/request_parser.hpp"

namespace torq::wire {
namespace {

Json json_of(const CapabilitySet& set) {
  Json names = Json::array();
  for (const Capability c : kAllCapabilities) {
    if (set.has(c)) names.push_back(name_of(c));
  }
  return names;
}

// Requests, as the member `means` describes them.

Json json_of(const AnnounceRequest& request) {
  const tracker::Announce& announce = request.announce;
  constexpr std::array<const char*, 4> kEvents = {"", "started", "completed", "stopped"};
  Json json = {{"kind", "announce"},
               {"uploaded", announce.uploaded},
               {"downloaded", announce.downloaded},
               {"info_hash", to_string(announce.info_hash)},
               {"peer_id", request.peer_id},
               {"port", announce.port}};
  if (announce.left) json["left"] = *announce.left;
  if (announce.event != tracker::AnnounceEvent::kNone) json["event"] = kEvents.at(static_cast<int>(announce.event));
  if (announce.ip) json["ip"] = to_string(*announce.ip);
  if (announce.numwant) json["numwant"] = *announce.numwant;
  return json;
}

Json json_of(const FileRequest& request) {
  Json json = {{"kind", "file"}, {"name", request.name}};
  if (request.offset) json["offset"] = *request.offset;
  if (request.length) json["length"] = *request.length;
  json["encoding"] = request.encoding == FileEncoding::kRaw ? "raw" : "numbers";
  return json;
}

Json json_of(const CapabilityRequest& request) {
  return {{"kind", "capabilities"}, {"capabilities", json_of(request.capabilities)}, {"version", request.version}};
}

Json json_of(const ScrapeRequest& request) {
  Json hashes = Json::array();
  for (const ScrapeHash& hash : request.hashes) hashes.push_back({to_string(hash.info_hash), hash.text});
  return {{"kind", "scrape"}, {"hashes", hashes}};
}

Json json_of(const ListRequest& request) {
  Json json = {{"kind", "list"}, {"folder", request.folder}};
  if (!request.after.empty()) json["after"] = request.after;
  return json;
}

// Answers likewise.

Json json_of(const tracker::AnnounceReply& reply) {
  Json peers = Json::array();
  for (const SocketAddress& peer : reply.peers) peers.push_back({{"ip", to_string(peer.ip)}, {"port", peer.port}});
  return {{"interval", reply.interval.count()},
          {"peers", peers},
          {"complete", reply.complete},
          {"incomplete", reply.incomplete}};
}

Json json_of(const CapabilityReply& reply) {
  const Limits& limits = reply.limits;
  return {{"version", reply.version},
          {"capabilities", json_of(reply.capabilities)},
          {"limits",
           {{"max_request_bytes", limits.max_request_bytes},
            {"max_json_file_bytes", limits.max_json_file_bytes},
            {"max_numwant", limits.max_numwant},
            {"max_scrape", limits.max_scrape},
            {"max_list", limits.max_list},
            {"interval", limits.interval.count()},
            {"min_interval", limits.min_interval.count()}}}};
}

Json json_of(const ScrapeReply& reply) {
  Json files = Json::array();
  for (const auto& [hash, counts] : reply.files) {
    files.push_back({hash, counts.complete, counts.downloaded, counts.incomplete});
  }
  return files;
}

Json json_of(const ListReply& reply) {
  Json entries = Json::array();
  for (const ListEntry& entry : reply.entries) {
    entries.push_back(
        {{"name", entry.name}, {"type", entry.type == EntryType::kFolder ? "folder" : "file"}, {"size", entry.size}});
  }
  return {{"list", reply.folder}, {"entries", entries}, {"truncated", reply.truncated}};
}

Json json_of(const RawHeader& header) {
  Json json = {{"filename", header.filename},
               {"size", header.size},
               {"offset", header.range.offset},
               {"length", header.range.length}};
  if (header.sha256) json["sha256"] = to_hex(*header.sha256);
  if (!header.validator.empty()) json["validator"] = header.validator;
  return json;
}

/// What a client makes of an answer, and what a server makes of that again.
struct Seen {
  Json means;
  std::string again;
  std::optional<AnswerError> error;
};

template <class Reply, class Append>
Seen seen(const Result<Reply, AnswerError>& reply, Append append) {
  if (!reply) return {{}, "", reply.error()};
  Seen seen{json_of(*reply), "", std::nullopt};
  append(seen.again, *reply);
  return seen;
}

Seen read_file_answer(const std::string& wire) {
  FileAnswerReader reader;
  std::string data;
  if (const auto bytes = reader.feed(as_bytes(wire))) data = as_text(*bytes);
  const auto answer = reader.finish();
  if (!answer) return {{}, "", answer.error()};
  Seen seen{{{"data", to_hex(as_bytes(data))}, {"filename", answer->filename}, {"size", answer->size}}, "", {}};
  if (answer->range) seen.means.update({{"offset", answer->range->offset}, {"length", answer->range->length}});
  FileAnswerEncoder encoder;
  encoder.append_head(seen.again);
  encoder.append_block(seen.again, as_bytes(data));
  encoder.append_tail(seen.again, *answer);
  return seen;
}

Seen read_answer(const std::string& kind, const std::string& wire) {
  AnswerParser parser;
  if (kind == "announce") return seen(parser.parse_announce(as_bytes(wire)), append_announce_reply);
  if (kind == "capabilities") return seen(parser.parse_capabilities(as_bytes(wire)), append_capability_reply);
  if (kind == "scrape") return seen(parser.parse_scrape(as_bytes(wire)), append_scrape_reply);
  if (kind == "list") return seen(parser.parse_list(as_bytes(wire)), append_list_reply);
  if (kind == "raw_header") return seen(parser.parse_raw_header(as_bytes(wire)), append_raw_header);
  if (kind == "file") return read_file_answer(wire);
  throw std::runtime_error("a vector of unknown kind " + kind);
}

TEST(Vectors, OfRequestsAreUnderstoodAndWritten) {
  RequestParser parser;
  for (const Json& vector : read_vectors("requests.jsonl")) {
    SCOPED_TRACE(vector["name"]);
    const std::string wire = wire_of(vector);

    const auto request = parser.parse(as_bytes(wire));

    ASSERT_TRUE(request) << request.error().text;
    const Json means = std::visit([](const auto& kind) { return json_of(kind); }, *request);
    EXPECT_EQ(nlohmann::json(means), nlohmann::json(vector["means"]));
    if (vector.contains("canonical")) {
      EXPECT_EQ(encode_request(*request), wire);
    }
  }
}

TEST(Vectors, OfRefusedRequestsAreRefusedWithTheirCode) {
  RequestParser parser;
  for (const Json& vector : read_vectors("refused_requests.jsonl")) {
    SCOPED_TRACE(vector["name"]);

    const auto request = parser.parse(as_bytes(wire_of(vector)));

    ASSERT_FALSE(request);
    EXPECT_EQ(name_of(request.error().code), vector["code"].get<std::string>());
    EXPECT_NE(request.error().text.find(vector.value("mentions", "")), std::string::npos) << request.error().text;
  }
}

TEST(Vectors, OfAnswersAreUnderstoodAndWritten) {
  for (const Json& vector : read_vectors("answers.jsonl")) {
    SCOPED_TRACE(vector["name"]);
    const std::string wire = wire_of(vector);

    const Seen seen = read_answer(vector["kind"], wire);

    ASSERT_FALSE(seen.error);
    EXPECT_EQ(seen.means, vector["means"]);
    if (vector.contains("canonical")) {
      EXPECT_EQ(seen.again, wire);
    }
  }
}

TEST(Vectors, OfFileAnswersAreUnderstoodAndWritten) {
  for (Json vector : read_vectors("file_answers.jsonl")) {
    SCOPED_TRACE(vector["name"]);
    const std::string wire = wire_of(vector);

    const Seen seen = read_file_answer(wire);

    ASSERT_FALSE(seen.error);
    if (vector.contains("canonical")) {
      EXPECT_EQ(seen.again, wire);
    }
    for (const char* other : {"name", "wire", "canonical"}) vector.erase(other);
    EXPECT_EQ(seen.means, vector);
  }
}

TEST(Vectors, OfRefusedAnswersSayWhatIsWrong) {
  for (const Json& vector : read_vectors("refused_answers.jsonl")) {
    SCOPED_TRACE(vector["name"]);

    const Seen seen = read_answer(vector["kind"], wire_of(vector));

    ASSERT_TRUE(seen.error);
    if (vector.contains("malformed")) {
      const auto* malformed = std::get_if<MalformedAnswer>(&*seen.error);
      ASSERT_NE(malformed, nullptr);
      EXPECT_NE(malformed->text.find(vector["malformed"]), std::string::npos) << malformed->text;
    } else {
      EXPECT_EQ(*seen.error, AnswerError(Refusal{vector["code"], vector["error"]}));
    }
  }
}

TEST(Vectors, OfErrorsAreWritten) {
  for (const Json& vector : read_vectors("refused_answers.jsonl")) {
    if (!vector.contains("canonical")) continue;
    std::string out;

    append_error(out, parse_error_code(vector["code"].get<std::string>()).value(), vector["error"].get<std::string>());

    EXPECT_EQ(out, wire_of(vector));
  }
}

// docs/wire.md

std::vector<Json> json_blocks(const std::string& markdown) {
  constexpr std::string_view kFence = "```json\n";
  std::vector<Json> blocks;
  for (std::size_t at = markdown.find(kFence); at != std::string::npos; at = markdown.find(kFence, at)) {
    at += kFence.size();
    blocks.push_back(Json::parse(markdown.substr(at, markdown.find("```", at) - at)));
  }
  return blocks;
}

TEST(WirePage, ShowsOnlyExamplesThatAreVectors) {
  std::set<std::string> vectors;
  for (const char* file : {"requests.jsonl", "answers.jsonl", "file_answers.jsonl", "refused_answers.jsonl"}) {
    for (const Json& vector : read_vectors(file)) {
      if (Json::accept(wire_of(vector))) vectors.insert(Json::parse(wire_of(vector)).dump());
    }
  }

  const std::vector<Json> blocks = json_blocks(read_text("docs/wire.md"));

  EXPECT_GE(blocks.size(), 12U);
  for (const Json& block : blocks) EXPECT_TRUE(vectors.contains(block.dump())) << block.dump();
}

TEST(WirePage, NamesEveryErrorCodeAndCapability) {
  const std::string page = read_text("docs/wire.md");
  const auto names = [&page](std::string_view name) { return page.find("`" + std::string(name) + "`"); };

  for (unsigned code = 0; code <= static_cast<unsigned>(ErrorCode::kInternalError); ++code) {
    EXPECT_NE(names(name_of(static_cast<ErrorCode>(code))), std::string::npos) << code;
  }
  for (const Capability c : kAllCapabilities) EXPECT_NE(names(name_of(c)), std::string::npos) << name_of(c);
}

TEST(ErrorCode, HasANameThatLeadsBackToIt) {
  for (unsigned code = 0; code <= static_cast<unsigned>(ErrorCode::kInternalError); ++code) {
    EXPECT_EQ(parse_error_code(name_of(static_cast<ErrorCode>(code))), static_cast<ErrorCode>(code));
  }
  for (const char* foreign : {"", "TEAPOT", "invalid_json", "INVALID_JSON "}) {
    EXPECT_FALSE(parse_error_code(foreign)) << foreign;
  }
}

}  // namespace
}  // namespace torq::wire
