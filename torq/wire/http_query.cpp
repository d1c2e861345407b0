// SPDX-License-Identifier: MIT
#include "torq/wire/http_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "torq/wire/percent.hpp"

namespace torq::wire {
namespace {

using Outcome = Result<void, std::string>;
using tracker::AnnounceEvent;

constexpr std::size_t kPeerIdSize = 20;
constexpr std::size_t kLongHashSize = 32;  // BEP 52; the first 20 bytes name the swarm

Failure<std::string> fail(std::string text) { return Failure(std::move(text)); }

Failure<std::string> bad_escape(std::string_view name) {
  return fail(fmt::format("{} holds a % that two hexadecimal digits do not follow", name));
}

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Result<InfoHash, std::string> parse_hash(std::string_view value) {
  std::array<char, kLongHashSize> bytes{};
  const auto size = percent_decode(value, bytes);
  if (!size) return bad_escape("info_hash");
  if (*size != InfoHash::kSize && *size != kLongHashSize) {
    const bool in_digits = *size == 2 * InfoHash::kSize && is_hexadecimal(value);
    return fail(fmt::format("info_hash has {} bytes; 20 are right{}", *size,
                            in_digits ? ", percent-encoded and not in hexadecimal" : " (or the 32 of BEP 52)"));
  }
  InfoHash hash;
  std::ranges::transform(std::span(bytes).first(InfoHash::kSize), hash.bytes.begin(),
                         [](char c) { return static_cast<std::byte>(c); });
  return hash;
}

Failure<std::string> no_hash() {
  return fail("info_hash is missing: the 20 bytes of the info hash, percent-encoded, are right");
}

/// All of `text`, or nothing.
template <class T>
std::optional<T> whole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A size that nobody knows yet (a magnet link) is sent as -1 or as 2^64-1: such a peer lacks something, as does one
// that says nothing that can be read.
std::optional<std::uint64_t> parse_left(std::string_view value) {
  const auto left = whole<std::uint64_t>(value);
  return left == ~std::uint64_t{0} ? std::nullopt : left;
}

// -1 asks for the default; so does, for want of a better guess, what is no number.
std::optional<std::int64_t> parse_numwant(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (end == value.data() || end != value.data() + value.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return value.front() == '-' ? -1 : INT64_MAX;
  return number;
}

AnnounceEvent parse_event(std::string_view value) {
  if (value == "started") return AnnounceEvent::kStarted;
  if (value == "completed") return AnnounceEvent::kCompleted;
  if (value == "stopped") return AnnounceEvent::kStopped;
  return AnnounceEvent::kNone;
}

/// An announce while its parameters come, in any order.
class AnnounceReader {
 public:
  Outcome take(std::string_view name, std::string_view value) {
    if (name == "info_hash") return take_hash(value);
    if (name == "peer_id") return take_peer_id(value);
    if (name == "port") {
      port_ = value;
    } else if (name == "left") {
      announce().left = parse_left(value);
    } else if (name == "event") {
      announce().event = parse_event(value);
    } else if (name == "numwant") {
      announce().numwant = parse_numwant(value);
    } else if (name == "compact") {
      query_.compact = value != "0";
    } else if (name == "uploaded") {
      announce().uploaded = whole<std::uint64_t>(value).value_or(0);
    } else if (name == "downloaded") {
      announce().downloaded = whole<std::uint64_t>(value).value_or(0);
    } else if (name == "ip") {
      take_ip(value);
    }
    return {};
  }

  Result<AnnounceQuery, std::string> finish() {
    if (!has_hash_) return no_hash();
    if (!has_peer_id_) return fail("peer_id is missing: 20 bytes, percent-encoded, are right");
    const auto port = whole<std::uint16_t>(port_);
    // Some clients leave with port 0.
    const bool leaves = announce().event == AnnounceEvent::kStopped;
    if (port.value_or(0) == 0 && !leaves) {
      return fail(port_.empty() ? "port is missing: a whole number from 1 to 65535 is right"
                                : "port must be a whole number from 1 to 65535");
    }
    announce().port = port.value_or(0);
    return query_;
  }

 private:
  tracker::Announce& announce() { return query_.announce; }

  Outcome take_hash(std::string_view value) {
    if (has_hash_) return fail("info_hash is there twice; an announce is for one torrent");
    const auto hash = parse_hash(value);
    if (!hash) return fail(hash.error());
    announce().info_hash = *hash;
    has_hash_ = true;
    return {};
  }

  // It is only checked: a peer is known by its address.
  Outcome take_peer_id(std::string_view value) {
    const auto size = percent_decode(value, {});
    if (!size) return bad_escape("peer_id");
    if (*size != kPeerIdSize) return fail(fmt::format("peer_id has {} bytes; 20 are right", *size));
    has_peer_id_ = true;
    return {};
  }

  // IPv6 comes with its colons escaped. A host name is not looked up.
  void take_ip(std::string_view value) {
    std::array<char, 48> text{};
    const auto size = percent_decode(value, text);
    if (size && *size <= text.size()) announce().ip = parse_ip({text.data(), *size});
  }

  AnnounceQuery query_;
  std::string_view port_;
  bool has_hash_ = false;
  bool has_peer_id_ = false;
};

}  // namespace

std::pair<std::string_view, std::string_view> take_parameter(std::string_view& query) {
  const std::size_t end = std::min(query.find('&'), query.size());
  const std::string_view parameter = query.substr(0, end);
  query.remove_prefix(std::min(end + 1, query.size()));
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return {parameter, {}};
  return {parameter.substr(0, equals), parameter.substr(equals + 1)};
}

Result<AnnounceQuery, std::string> parse_announce_query(std::string_view query) {
  AnnounceReader reader;
  while (!query.empty()) {
    const auto [name, value] = take_parameter(query);
    const auto outcome = reader.take(name, value);
    if (!outcome) return Failure(outcome.error());
  }
  return reader.finish();
}

Result<std::vector<InfoHash>, std::string> parse_scrape_query(std::string_view query, std::size_t max_hashes) {
  std::vector<InfoHash> hashes;
  while (!query.empty()) {
    const auto [name, value] = take_parameter(query);
    if (name != "info_hash") continue;
    const auto hash = parse_hash(value);
    if (!hash) return Failure(hash.error());
    if (hashes.size() == max_hashes) return fail(fmt::format("a scrape has at most {} info hashes", max_hashes));
    hashes.push_back(*hash);
  }
  if (hashes.empty()) return no_hash();
  return hashes;
}

}  // namespace torq::wire
