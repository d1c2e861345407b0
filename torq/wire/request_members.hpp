// SPDX-License-Identifier: MIT
#pragma once
// The members that requests are made of, checked one by one: each accessor either gives a value or notes a refusal that
// names the member and says what it must be. The first refusal sticks. Knows no JSON syntax and no dispatch. Internal
// to wire/; lives as long as one request is parsed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "torq/wire/json_document.hpp"
#include "torq/wire/messages.hpp"
#include "torq/wire/request_parser.hpp"

namespace torq::wire {

/// Every member that some request knows.
enum class Member : std::uint8_t {
  kInfoHash,
  kPeerId,
  kPort,
  kUploaded,
  kDownloaded,
  kLeft,
  kEvent,
  kIp,
  kNumwant,
  kKey,
  kTrackerId,
  kFile,
  kOffset,
  kLength,
  kEncoding,
  kCapabilities,
  kVersion,
  kScrape,
  kList,
  kAfter,
  kUnknown,
};

inline constexpr std::size_t kMembers = static_cast<std::size_t>(Member::kUnknown);

Member member_of(std::string_view name);

class RequestMembers {
 public:
  explicit RequestMembers(const Limits& limits) : max_scrape_(limits.max_scrape) {}

  /// Takes one member of the request in; once more for a name marks it as doubled.
  void add(Member member, JsonValue& value);

  bool has(Member member) const { return !at(member).is_absent(); }

  // A required member that is absent, and any member with another type or value than it must have, is refused.
  std::string_view text(Member member);
  std::string_view optional_text(Member member);  ///< empty when it is absent
  std::optional<std::uint64_t> optional_size(Member member);
  InfoHash info_hash();
  std::string_view peer_id();
  std::uint16_t port();
  tracker::AnnounceEvent event();
  std::optional<IpAddress> ip();
  std::optional<std::int64_t> numwant();
  FileEncoding encoding();
  CapabilitySet capabilities();
  std::uint64_t version();
  std::vector<ScrapeHash> scrape();

  /// Refuses the request when this member was there twice.
  void check_once(Member member);

  const std::optional<RequestError>& refusal() const { return refusal_; }

 private:
  const JsonScalar& at(Member member) const { return members_[static_cast<std::size_t>(member)]; }
  void add_hash(JsonValue& element);
  void add_capability(JsonValue& element);
  void add_version(JsonValue& element);
  void refuse(Member member);
  void refuse(Member member, std::string_view what);

  std::array<JsonScalar, kMembers> members_{};
  std::uint32_t seen_ = 0;     // one bit for each member
  std::uint32_t doubled_ = 0;  // likewise
  std::optional<RequestError> refusal_;

  // The inside of the members that are lists.
  std::uint64_t max_scrape_;
  std::uint64_t hashes_listed_ = 0;
  std::vector<ScrapeHash> hashes_;
  CapabilitySet capabilities_;
  bool good_hashes_ = true;
  bool good_capabilities_ = true;
  bool good_versions_ = true;
};

}  // namespace torq::wire
