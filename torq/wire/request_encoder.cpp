// SPDX-License-Identifier: MIT
#include "torq/wire/request_encoder.hpp"

#include "torq/base/address.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

std::string_view name_of(tracker::AnnounceEvent event) {
  switch (event) {
    case tracker::AnnounceEvent::kStarted:
      return "started";
    case tracker::AnnounceEvent::kCompleted:
      return "completed";
    case tracker::AnnounceEvent::kStopped:
      return "stopped";
    case tracker::AnnounceEvent::kNone:
    case tracker::AnnounceEvent::kPaused:  // no word of this protocol
      break;
  }
  return {};
}

void append_optional(std::string& out, std::string_view member, const std::optional<std::uint64_t>& number) {
  if (!number) return;
  out += member;
  append_number(out, *number);
}

void append(std::string& out, const AnnounceRequest& request) {
  const tracker::Announce& announce = request.announce;
  out += R"({"info_hash":")";
  out += to_string(announce.info_hash);
  out += R"(","peer_id":)";
  append_json_text(out, request.peer_id);
  append_optional(out, R"(,"port":)", announce.port);
  append_optional(out, R"(,"uploaded":)", announce.uploaded);
  append_optional(out, R"(,"downloaded":)", announce.downloaded);
  append_optional(out, R"(,"left":)", announce.left);
  if (const std::string_view event = name_of(announce.event); !event.empty()) {
    out += R"(,"event":)";
    append_json_text(out, event);
  }
  if (announce.ip) {
    out += R"(,"ip":)";
    append_json_text(out, to_string(*announce.ip));
  }
  if (announce.numwant) {
    out += R"(,"numwant":)";
    out += std::to_string(*announce.numwant);
  }
  out += '}';
}

void append(std::string& out, const FileRequest& request) {
  out += R"({"file":)";
  append_json_text(out, request.name);
  append_optional(out, R"(,"offset":)", request.offset);
  append_optional(out, R"(,"length":)", request.length);
  if (request.encoding == FileEncoding::kRaw) out += R"(,"encoding":"raw")";
  out += '}';
}

void append(std::string& out, const CapabilityRequest& request) {
  out += R"({"capabilities":[)";
  append_capabilities(out, request.capabilities);
  out += R"(],"version":)";
  append_number(out, request.version);
  out += '}';
}

void append(std::string& out, const ScrapeRequest& request) {
  out += R"({"scrape":[)";
  for (std::size_t i = 0; i < request.hashes.size(); ++i) {
    if (i != 0) out += ',';
    append_json_text(out, request.hashes[i].text);
  }
  out += "]}";
}

void append(std::string& out, const ListRequest& request) {
  out += R"({"list":)";
  append_json_text(out, request.folder);
  if (!request.after.empty()) {
    out += R"(,"after":)";
    append_json_text(out, request.after);
  }
  out += '}';
}

}  // namespace

std::string encode_request(const Request& request) {
  std::string out;
  std::visit([&out](const auto& kind) { append(out, kind); }, request);
  return out;
}

}  // namespace torq::wire
