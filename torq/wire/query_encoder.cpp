// SPDX-License-Identifier: MIT
#include "torq/wire/query_encoder.hpp"

#include <fmt/format.h>

#include <iterator>

#include "torq/base/bytes.hpp"
#include "torq/wire/percent.hpp"

namespace torq::wire {
namespace {

std::string_view name_of(tracker::AnnounceEvent event) {
  switch (event) {
    case tracker::AnnounceEvent::kNone:
      return "";
    case tracker::AnnounceEvent::kStarted:
      return "started";
    case tracker::AnnounceEvent::kCompleted:
      return "completed";
    case tracker::AnnounceEvent::kStopped:
      return "stopped";
    case tracker::AnnounceEvent::kPaused:
      return "paused";
  }
  return "";
}

/// A target whose query grows.
class Query {
 public:
  explicit Query(std::string_view target) : text_(target) {
    const std::size_t mark = text_.find('?');
    next_ = mark == std::string::npos ? "?" : mark + 1 == text_.size() || text_.back() == '&' ? "" : "&";
  }

  void add(std::string_view name, std::string_view bytes) {
    begin(name);
    append_percent_encoded(text_, bytes);
  }
  void add(std::string_view name, std::integral auto number) {
    begin(name);
    fmt::format_to(std::back_inserter(text_), "{}", number);
  }
  std::string finish() { return std::move(text_); }

 private:
  void begin(std::string_view name) {
    text_ += next_;
    text_ += name;
    text_ += '=';
    next_ = "&";
  }

  std::string text_;
  std::string_view next_;
};

}  // namespace

std::string announce_target(std::string_view target, const tracker::Announce& announce, const Asker& asker) {
  Query query(target);
  query.add("info_hash", as_text(announce.info_hash.bytes));
  query.add("peer_id", asker.peer_id);
  query.add("port", announce.port);
  query.add("uploaded", announce.uploaded);
  query.add("downloaded", announce.downloaded);
  if (announce.left) query.add("left", *announce.left);
  query.add("compact", 1);
  query.add("key", fmt::format("{:08X}", asker.key));
  if (announce.event != tracker::AnnounceEvent::kNone) query.add("event", name_of(announce.event));
  if (announce.numwant) query.add("numwant", *announce.numwant);
  if (announce.ip) query.add("ip", to_string(*announce.ip));
  if (!asker.tracker_id.empty()) query.add("trackerid", asker.tracker_id);
  return query.finish();
}

std::string scrape_target(std::string_view target, std::span<const InfoHash> hashes) {
  Query query(target);
  for (const InfoHash& hash : hashes) query.add("info_hash", as_text(hash.bytes));
  return query.finish();
}

}  // namespace torq::wire
