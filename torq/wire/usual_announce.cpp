// SPDX-License-Identifier: MIT
#include "torq/wire/usual_announce.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "torq/base/address.hpp"
#include "torq/wire/json_text.hpp"

namespace torq::wire {
namespace {

using tracker::Announce;
using tracker::AnnounceEvent;

constexpr bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '\\'; }

/// Goes through the request token by token. False or nothing: it is not as usual, and that is the end of it.
class Cursor {
 public:
  explicit Cursor(std::string_view json) : at_(json.data()), end_(json.data() + json.size()) {}

  bool take(char mark) { return take_here(mark) || (skip_space() && take_here(mark)); }

  bool take(std::string_view word) { return take_here(word) || (skip_space() && take_here(word)); }

  // Of an array, so that its comparison is one of known length.
  template <std::size_t kSize>
  bool take_here(const char (&word)[kSize]) {
    constexpr std::size_t kLength = kSize - 1;
    if (static_cast<std::size_t>(end_ - at_) < kLength || std::memcmp(at_, word, kLength) != 0) return false;
    at_ += kLength;
    return true;
  }

  /// Whatever stands up to the next quotation mark: what is not plain must be no good to the caller.
  std::optional<std::string_view> quoted() {
    if (!take('"')) return std::nullopt;
    const std::string_view rest(at_, end_);
    const std::size_t size = rest.find('"');
    if (size == std::string_view::npos) return std::nullopt;
    at_ += size + 1;
    return rest.substr(0, size);
  }

  /// Of so few digits that it fits.
  std::optional<std::uint64_t> number() {
    if (at_ != end_ && *at_ <= ' ') skip_space();
    const char* const first = at_;
    std::uint64_t value = 0;
    while (at_ != end_ && is_digit(*at_)) value = value * 10 + static_cast<std::uint64_t>(*at_++ - '0');
    const std::ptrdiff_t digits = at_ - first;
    const bool fits = digits > 0 && digits <= std::numeric_limits<std::int64_t>::digits10;
    return fits && (digits == 1 || *first != '0') ? std::optional(value) : std::nullopt;
  }

  bool at_end() {
    skip_space();
    return at_ == end_;
  }

 private:
  // Most write none: it is looked for where something else is not found. Returns whether there was any.
  bool skip_space() {
    const char* const first = at_;
    while (at_ != end_ && is_json_space(*at_)) ++at_;
    return at_ != first;
  }

  bool take_here(char mark) {
    if (at_ == end_ || *at_ != mark) return false;
    ++at_;
    return true;
  }

  bool take_here(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  const char* at_;
  const char* end_;
};

bool read(Cursor& cursor, InfoHash& out) {
  const auto digits = cursor.quoted();
  const auto hash = digits ? parse_info_hash(*digits) : std::nullopt;
  if (hash) out = *hash;
  return hash.has_value();
}

bool read(Cursor& cursor, std::string_view& peer_id) {
  peer_id = cursor.quoted().value_or(std::string_view());
  return !peer_id.empty() && peer_id.size() <= kMaxPeerId && std::ranges::all_of(peer_id, is_plain);
}

bool read(Cursor& cursor, std::uint16_t& port) {
  const std::uint64_t number = cursor.number().value_or(0);
  port = static_cast<std::uint16_t>(number);
  return number != 0 && number == port;
}

bool read(Cursor& cursor, std::uint64_t& out) {
  const auto number = cursor.number();
  if (number) out = *number;
  return number.has_value();
}

bool read(Cursor& cursor, AnnounceEvent& out) {
  const auto name = cursor.quoted();
  if (name == "started") out = AnnounceEvent::kStarted;
  if (name == "completed") out = AnnounceEvent::kCompleted;
  if (name == "stopped") out = AnnounceEvent::kStopped;
  return name && (name->empty() || out != AnnounceEvent::kNone);
}

bool read(Cursor& cursor, std::optional<IpAddress>& out) {
  const auto ip = cursor.quoted();
  return ip && (out = parse_ip(*ip));
}

template <class Number>
bool read(Cursor& cursor, std::optional<Number>& out) {
  const auto number = cursor.number();
  if (number) out = static_cast<Number>(*number);
  return number.has_value();
}

/// The members of the object in turn.
class Members {
 public:
  explicit Members(Cursor& cursor) : cursor_(cursor) {}

  template <std::size_t kSize, class Value>
  bool required(const char (&beginning)[kSize], Value& out) {
    return begins(beginning) && read(cursor_, out);
  }

  template <std::size_t kSize, class Value>
  bool optional(const char (&beginning)[kSize], Value& out) {
    if (!begins(beginning)) return true;
    const Cursor before = cursor_;
    if (read(cursor_, out)) return true;
    cursor_ = before;
    return cursor_.take("null");
  }

  bool end() { return cursor_.take('}') && cursor_.at_end(); }

 private:
  /// A mark, the name in quotation marks and a colon, as most write it: without any space.
  template <std::size_t kSize>
  bool begins(const char (&beginning)[kSize]) {
    const Cursor before = cursor_;
    if (cursor_.take_here(beginning)) return true;
    const std::string_view name(beginning + 1, kSize - 3);
    if (cursor_.take(beginning[0]) && cursor_.take(name) && cursor_.take(':')) return true;
    cursor_ = before;
    return false;
  }

  Cursor& cursor_;
};

}  // namespace

bool read_usual_announce(std::string_view json, AnnounceRequest& out) {
  Cursor cursor(json);
  Members members(cursor);
  Announce& announce = out.announce;
  return members.required(R"({"info_hash":)", announce.info_hash) && members.required(R"(,"peer_id":)", out.peer_id) &&
         members.required(R"(,"port":)", announce.port) && members.optional(R"(,"uploaded":)", announce.uploaded) &&
         members.optional(R"(,"downloaded":)", announce.downloaded) && members.optional(R"(,"left":)", announce.left) &&
         members.optional(R"(,"event":)", announce.event) && members.optional(R"(,"ip":)", announce.ip) &&
         members.optional(R"(,"numwant":)", announce.numwant) && members.end();
}

}  // namespace torq::wire
