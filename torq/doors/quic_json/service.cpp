// SPDX-License-Identifier: MIT
#include "torq/doors/quic_json/service.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "torq/wire/answer_encoder.hpp"

namespace torq::doors::quic_json {
namespace {

// What is read of a file before the first byte of its answer leaves, so that a file that cannot be read is an error
// answer and not a broken stream.
constexpr std::size_t kFirstBlock = 4 * 1024;

Answer error(wire::ErrorCode code, std::string_view text) {
  Answer answer;
  wire::append_error(answer.text, code, text);
  answer.error = code;
  return answer;
}

Answer error(files::FileError reason) {
  const auto code =
      reason == files::FileError::kNotFound ? wire::ErrorCode::kFileNotFound : wire::ErrorCode::kFileReadError;
  return error(code, files::to_string(reason));
}

wire::ListEntry to_wire(const files::Entry& entry) {
  const bool folder = entry.found.type == files::Found::Type::kFolder;
  return {entry.name, folder ? wire::EntryType::kFolder : wire::EntryType::kFile, entry.found.size};
}

}  // namespace

Service::Service(const tracker::Tracker& tracker, const files::FileTree& files, const wire::Limits& limits,
                 std::uint64_t seed)
    : tracker_(tracker), files_(files), limits_(limits), parser_(limits), random_(seed), folders_(files) {}

std::optional<InfoHash> Service::swarm_of(Bytes request) {
  constexpr std::string_view kBeginning = R"({"info_hash":")";
  const std::string_view text = as_text(request);
  return text.starts_with(kBeginning) ? parse_info_hash(text.substr(kBeginning.size(), 2 * InfoHash::kSize))
                                      : std::nullopt;
}

Answer Service::answer(Instant now, const IpAddress& source, Bytes request) {
  const auto parsed = parser_.parse(request);
  if (!parsed) {
    ++counts_.not_understood;
    return counted(error(parsed.error().code, parsed.error().text));
  }
  ++counts_.requests[parsed->index()];
  return counted(std::visit([&](const auto& message) { return reply(Asker{now, source}, message); }, *parsed));
}

Answer Service::refuse_too_large() {
  ++counts_.not_understood;
  return counted(error(wire::ErrorCode::kRequestTooLarge,
                       "a request has at most " + std::to_string(limits_.max_request_bytes) + " bytes"));
}

Answer Service::counted(Answer answer) {
  if (answer.error) ++counts_.errors[static_cast<std::size_t>(*answer.error)];
  return answer;
}

void Service::recycle(std::string text) {
  constexpr std::size_t kKept = 64 * 1024;
  if (text.capacity() > kKept) return;
  text_ = std::move(text);
  text_.clear();
}

Answer Service::reply(const Asker& asker, const wire::AnnounceRequest& request) {
  Answer answer;
  answer.text = std::exchange(text_, {});
  auto announced = tracker_.announce(asker.now, request.announce, asker.source, random_, std::move(peers_));
  wire::append_announce_reply(answer.text, announced);
  peers_ = std::move(announced.peers);
  return answer;
}

Answer Service::reply(const Asker&, const wire::FileRequest& request) {
  auto file = files_.open(request.name);
  if (!file) return error(file.error());
  const std::uint64_t size = file->size();
  const std::uint64_t offset = request.offset.value_or(0);
  if (offset > size) {
    return error(wire::ErrorCode::kInvalidRequest,
                 "offset is beyond the file's size of " + std::to_string(size) + " bytes");
  }
  const wire::ByteRange range{offset, std::min(request.length.value_or(size), size - offset)};
  if (request.encoding == wire::FileEncoding::kNumbers && range.length > limits_.max_json_file_bytes) {
    return error(wire::ErrorCode::kFileTooLarge, "a list of numbers has at most " +
                                                     std::to_string(limits_.max_json_file_bytes) +
                                                     " bytes of a file; ask for a range, or for encoding raw");
  }
  Answer answer;
  answer.body.emplace(files::SparingFile(files_, std::move(*file), std::string(request.name), open_files_), request,
                      range);
  if (!answer.body->produce(answer.text, kFirstBlock)) return error(files::FileError::kReadError);
  if (answer.body->done()) answer.body.reset();
  return answer;
}

Answer Service::reply(const Asker&, const wire::CapabilityRequest& request) {
  wire::Limits limits = limits_;
  limits.max_numwant = tracker_.rules().max_numwant;
  limits.interval = tracker_.rules().interval;
  limits.min_interval = std::min(limits.min_interval, limits.interval);
  Answer answer;
  wire::append_capability_reply(answer.text, {request.version, request.capabilities, limits});
  return answer;
}

Answer Service::reply(const Asker& asker, const wire::ScrapeRequest& request) {
  wire::ScrapeReply scraped;
  for (const wire::ScrapeHash& hash : request.hashes) {
    scraped.files.push_back({std::string(hash.text), tracker_.scrape(asker.now, hash.info_hash)});
  }
  Answer answer;
  wire::append_scrape_reply(answer.text, scraped);
  return answer;
}

Answer Service::reply(const Asker& asker, const wire::ListRequest& request) {
  auto listing = folders_.list(asker.now, request.folder, limits_.max_list, request.after);
  if (!listing) return error(listing.error());
  wire::ListReply listed{std::string(request.folder), {}, listing->truncated};
  std::ranges::transform(listing->entries, std::back_inserter(listed.entries), to_wire);
  Answer answer;
  wire::append_list_reply(answer.text, listed);
  return answer;
}

}  // namespace torq::doors::quic_json
