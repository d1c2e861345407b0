// SPDX-License-Identifier: MIT
#include "torq/wire/request_members.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "torq/base/address.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

struct Rule {
  std::string_view name;
  std::string_view needs;  ///< what the member must be, to continue "<name> must be "
};

constexpr std::string_view kSize = "a whole number from 0 to 18446744073709551615";

// In the order of the enum.
constexpr std::array<Rule, kMembers> kRules = {{
    {"info_hash", "text of 40 or 64 hexadecimal digits"},
    {"peer_id", "text of 1 to 64 bytes"},
    {"port", "a whole number from 1 to 65535"},
    {"uploaded", kSize},
    {"downloaded", kSize},
    {"left", kSize},
    {"event", "text"},
    {"ip", "text: an IPv4 or IPv6 address"},
    {"numwant", "a whole number"},
    {"key", "text"},
    {"tracker_id", "text"},
    {"file", "text"},
    {"offset", kSize},
    {"length", kSize},
    {"encoding", "\"raw\" or absent"},
    {"capabilities", "a list of names"},
    {"version", "a whole number from 1"},
    {"scrape", "a list of info hashes, each text of 40 or 64 hexadecimal digits"},
    {"list", "text"},
    {"after", "text"},
}};

constexpr const Rule& rule_of(Member member) { return kRules[static_cast<std::size_t>(member)]; }

constexpr std::uint32_t bit(Member member) { return std::uint32_t{1} << static_cast<unsigned>(member); }

bool is_version(const JsonScalar& scalar) {
  if (!scalar.is_number()) return false;
  const auto number = whole_number<std::uint64_t>(scalar.text);
  return number && number->value >= 1;
}

}  // namespace

Member member_of(std::string_view name) {
  for (std::size_t i = 0; i < kMembers; ++i) {
    if (kRules[i].name == name) return static_cast<Member>(i);
  }
  return Member::kUnknown;
}

void RequestMembers::add(Member member, JsonValue& value) {
  if (member == Member::kUnknown) return;
  JsonScalar& slot = members_[static_cast<std::size_t>(member)];
  if ((seen_ & bit(member)) != 0) doubled_ |= bit(member);
  seen_ |= bit(member);
  if (!value.is_array()) {
    const JsonScalar scalar = value.scalar();
    if (!scalar.is_absent()) slot = scalar;
    return;
  }
  slot.kind = JsonScalar::Kind::kArray;
  value.elements([&](JsonValue& element) {
    if (member == Member::kScrape) add_hash(element);
    if (member == Member::kCapabilities) add_capability(element);
    if (member == Member::kVersion) add_version(element);
  });
}

void RequestMembers::add_hash(JsonValue& element) {
  if (++hashes_listed_ > max_scrape_) return;
  const JsonScalar scalar = element.scalar();
  const auto hash = scalar.is_text() ? parse_info_hash(scalar.text) : std::nullopt;
  if (!hash) {
    good_hashes_ = false;
    return;
  }
  // The answer has a member for each text, and no member twice.
  if (std::ranges::find(hashes_, scalar.text, &ScrapeHash::text) != hashes_.end()) return;
  hashes_.push_back({*hash, scalar.text});
}

void RequestMembers::add_capability(JsonValue& element) {
  const JsonScalar scalar = element.scalar();
  if (!scalar.is_text()) good_capabilities_ = false;
  if (const auto capability = parse_capability(scalar.text)) capabilities_.add(*capability);
}

void RequestMembers::add_version(JsonValue& element) {
  if (!is_version(element.scalar())) good_versions_ = false;
}

void RequestMembers::check_once(Member member) {
  if ((doubled_ & bit(member)) != 0) refuse(member, "is there twice");
}

std::string_view RequestMembers::text(Member member) {
  if (!at(member).is_text()) refuse(member);
  return at(member).text;
}

std::string_view RequestMembers::optional_text(Member member) {
  return has(member) ? text(member) : std::string_view();
}

std::optional<std::uint64_t> RequestMembers::optional_size(Member member) {
  if (!has(member)) return std::nullopt;
  const auto number = at(member).is_number() ? whole_number<std::uint64_t>(at(member).text) : std::nullopt;
  if (number && number->fits) return number->value;
  refuse(member);
  return std::nullopt;
}

InfoHash RequestMembers::info_hash() {
  const auto hash = parse_info_hash(text(Member::kInfoHash));
  if (!hash) refuse(Member::kInfoHash);
  return hash.value_or(InfoHash{});
}

std::string_view RequestMembers::peer_id() {
  const std::string_view id = text(Member::kPeerId);
  if (id.empty() || id.size() > kMaxPeerId) refuse(Member::kPeerId);
  return id;
}

std::uint16_t RequestMembers::port() {
  const JsonScalar& scalar = at(Member::kPort);
  const auto port = scalar.is_number() ? whole_number<std::uint16_t>(scalar.text) : std::nullopt;
  if (!port || !port->fits || port->value == 0) refuse(Member::kPort);
  return port ? port->value : std::uint16_t{0};
}

tracker::AnnounceEvent RequestMembers::event() {
  using tracker::AnnounceEvent;
  if (!has(Member::kEvent)) return AnnounceEvent::kNone;
  const std::string_view name = text(Member::kEvent);
  if (name == "started") return AnnounceEvent::kStarted;
  if (name == "completed") return AnnounceEvent::kCompleted;
  return name == "stopped" ? AnnounceEvent::kStopped : AnnounceEvent::kNone;
}

std::optional<IpAddress> RequestMembers::ip() {
  if (!has(Member::kIp)) return std::nullopt;
  const auto ip = parse_ip(text(Member::kIp));
  if (!ip) refuse(Member::kIp);
  return ip;
}

std::optional<std::int64_t> RequestMembers::numwant() {
  if (!has(Member::kNumwant)) return std::nullopt;
  const JsonScalar& scalar = at(Member::kNumwant);
  const auto number = scalar.is_number() ? whole_number<std::int64_t>(scalar.text) : std::nullopt;
  if (!number) {
    refuse(Member::kNumwant);
    return std::nullopt;
  }
  return number->value;  // clamped: below 0 is the default, above the limit is the limit
}

FileEncoding RequestMembers::encoding() {
  if (!has(Member::kEncoding)) return FileEncoding::kNumbers;
  if (text(Member::kEncoding) != "raw") refuse(Member::kEncoding);
  return FileEncoding::kRaw;
}

CapabilitySet RequestMembers::capabilities() {
  // "Lists or numbers of what the sender can do": a number names nothing that we know.
  const JsonScalar& scalar = at(Member::kCapabilities);
  const bool good = scalar.kind == JsonScalar::Kind::kArray ? good_capabilities_ : scalar.is_number();
  if (!good) refuse(Member::kCapabilities);
  return capabilities_;
}

std::uint64_t RequestMembers::version() {
  const JsonScalar& scalar = at(Member::kVersion);
  const bool good =
      scalar.is_absent() || (scalar.kind == JsonScalar::Kind::kArray ? good_versions_ : is_version(scalar));
  if (!good) refuse(Member::kVersion);
  static_assert(kProtocolVersion == 1, "with a second version the highest common one must be found");
  return kProtocolVersion;
}

std::vector<ScrapeHash> RequestMembers::scrape() {
  if (at(Member::kScrape).kind != JsonScalar::Kind::kArray || !good_hashes_) refuse(Member::kScrape);
  if (hashes_listed_ > max_scrape_) {
    refuse(Member::kScrape, fmt::format("must list at most {} info hashes (max_scrape)", max_scrape_));
  }
  return std::move(hashes_);
}

void RequestMembers::refuse(Member member) {
  const std::string_view missing = at(member).is_absent() ? "is missing: it " : "";
  refuse(member, fmt::format("{}must be {}", missing, rule_of(member).needs));
}

void RequestMembers::refuse(Member member, std::string_view what) {
  if (refusal_) return;
  refusal_ = RequestError{ErrorCode::kInvalidRequest, fmt::format("{} {}", rule_of(member).name, what)};
}

}  // namespace torq::wire
