// SPDX-License-Identifier: MIT
#include "torq/wire/request_parser.hpp"

#include <fmt/format.h>

#include <utility>

#include "torq/wire/json_document.hpp"
#include "torq/wire/request_members.hpp"
#include "torq/wire/usual_announce.hpp"

namespace torq::wire {
namespace {

static_assert(RequestParser::kPadding >= JsonReader::kPadding);

RequestError refusal(ErrorCode code, std::string_view text) { return {code, std::string(text)}; }

Request announce(RequestMembers& members) {
  for (const Member member :
       {Member::kInfoHash, Member::kPeerId, Member::kPort, Member::kUploaded, Member::kDownloaded, Member::kLeft,
        Member::kEvent, Member::kIp, Member::kNumwant, Member::kKey, Member::kTrackerId}) {
    members.check_once(member);
  }
  AnnounceRequest request;
  request.announce.info_hash = members.info_hash();
  request.peer_id = members.peer_id();
  request.announce.port = members.port();
  request.announce.uploaded = members.optional_size(Member::kUploaded).value_or(0);
  request.announce.downloaded = members.optional_size(Member::kDownloaded).value_or(0);
  request.announce.left = members.optional_size(Member::kLeft);
  request.announce.event = members.event();
  request.announce.ip = members.ip();
  request.announce.numwant = members.numwant();
  members.optional_text(Member::kKey);
  members.optional_text(Member::kTrackerId);
  return request;
}

Request file(RequestMembers& members) {
  for (const Member member : {Member::kFile, Member::kOffset, Member::kLength, Member::kEncoding}) {
    members.check_once(member);
  }
  FileRequest request;
  request.name = members.text(Member::kFile);
  request.offset = members.optional_size(Member::kOffset);
  request.length = members.optional_size(Member::kLength);
  request.encoding = members.encoding();
  return request;
}

Request capabilities(RequestMembers& members) {
  members.check_once(Member::kCapabilities);
  members.check_once(Member::kVersion);
  CapabilityRequest request;
  request.capabilities = members.capabilities();
  request.version = members.version();
  return request;
}

Request scrape(RequestMembers& members) {
  members.check_once(Member::kScrape);
  return ScrapeRequest{members.scrape()};
}

Request list(RequestMembers& members) {
  members.check_once(Member::kList);
  members.check_once(Member::kAfter);
  return ListRequest{members.text(Member::kList), members.optional_text(Member::kAfter)};
}

/// The order decides about a request that could be two.
std::optional<Request> dispatch(RequestMembers& members) {
  if (members.has(Member::kInfoHash) && members.has(Member::kPeerId)) return announce(members);
  if (members.has(Member::kFile)) return file(members);
  if (members.has(Member::kCapabilities)) return capabilities(members);
  if (members.has(Member::kScrape)) return scrape(members);
  if (members.has(Member::kList)) return list(members);
  return std::nullopt;
}

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(const Limits& limits) : limits_(limits), reader_(limits.max_request_bytes) {}

  Result<Request, RequestError> parse(Bytes request) {
    if (request.size() > limits_.max_request_bytes) return Failure(too_large());
    Result<Request, RequestError> usual;  // an announce, which is the first of the kinds
    if (read_usual_announce(as_text(request), std::get<AnnounceRequest>(*usual))) return usual;
    return parse_any(reader_.padded(request), request.size());
  }

  Result<Request, RequestError> parse_in_place(Bytes buffer, std::size_t size) {
    if (size > limits_.max_request_bytes) return Failure(too_large());
    Result<Request, RequestError> usual;
    if (read_usual_announce(as_text(buffer.first(size)), std::get<AnnounceRequest>(*usual))) return usual;
    return parse_any(buffer, size);
  }

 private:
  Result<Request, RequestError> parse_any(Bytes buffer, std::size_t size) {
    RequestMembers members(limits_);
    switch (reader_.read(
        buffer, size, [&members](std::string_view name, JsonValue& value) { members.add(member_of(name), value); })) {
      case JsonOutcome::kNoUtf8:
        return Failure(refusal(ErrorCode::kInvalidEncoding, "the request is not UTF-8"));
      case JsonOutcome::kNoJson:
        return Failure(refusal(ErrorCode::kInvalidJson, "the request is not JSON"));
      case JsonOutcome::kNoObject:
        return Failure(unknown());
      case JsonOutcome::kObject:
        break;
    }
    std::optional<Request> request = dispatch(members);
    if (!request) return Failure(unknown());
    if (members.refusal()) return Failure(*members.refusal());
    return *std::move(request);
  }

  RequestError too_large() const {
    return {ErrorCode::kRequestTooLarge, fmt::format("a request has at most {} bytes", limits_.max_request_bytes)};
  }

  static RequestError unknown() {
    return refusal(ErrorCode::kUnknownRequest,
                   "a request is an object with info_hash and peer_id, file, capabilities, scrape or list");
  }

  Limits limits_;
  JsonReader reader_;
};

RequestParser::RequestParser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

Result<Request, RequestError> RequestParser::parse(Bytes request) { return impl_->parse(request); }

Result<Request, RequestError> RequestParser::parse_in_place(Bytes buffer, std::size_t size) {
  return impl_->parse_in_place(buffer, size);
}

}  // namespace torq::wire
