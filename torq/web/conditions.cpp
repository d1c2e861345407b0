// SPDX-License-Identifier: MIT
#include "torq/web/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "torq/web/http_date.hpp"

namespace torq::web {
namespace {

using Kind = Portion::Kind;

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

// A number too large for any file counts as the largest there is.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  return value;
}

// What is no single range is ignored, as RFC 9110 14.2 has it.
Portion parse_range(std::string_view text, std::uint64_t size) {
  const Portion whole{Kind::kWhole, {0, size}};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || !wire::is_named(trim(text.substr(0, equals)), "bytes")) return whole;
  const std::string_view spec = trim(text.substr(equals + 1));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = parse_position(spec.substr(0, dash));
  const auto last = parse_position(spec.substr(dash + 1));
  if (dash == 0) {
    if (!last) return whole;
    if (*last == 0 || size == 0) return {Kind::kUnsatisfiable, {}};
    const std::uint64_t length = std::min(*last, size);
    return {Kind::kPart, {size - length, length}};
  }
  const bool open = dash + 1 == spec.size();
  if (!first || (!last && !open) || (last && *last < *first)) return whole;
  if (*first >= size) return {Kind::kUnsatisfiable, {}};
  const std::uint64_t end = open ? size - 1 : std::min(*last, size - 1);
  return {Kind::kPart, {*first, end - *first + 1}};
}

// RFC 9110 13.1.5: strong comparison, or the very date that we gave.
bool still_holds(std::string_view if_range, const Validators& now) {
  return if_range.empty() || if_range == now.etag || parse_http_date(if_range) == now.modified;
}

// In thousandths; 0 for a type that is not wanted.
unsigned parse_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = take_until(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    unsigned weight = 0;
    unsigned unit = 1000;
    for (const char c : parameter.substr(2, 5)) {
      if (c == '.') continue;
      if (c < '0' || c > '9') return 0;
      weight += static_cast<unsigned>(c - '0') * unit;
      unit /= 10;
    }
    return std::min(weight, 1000U);
  }
  return 1000;
}

unsigned weight_of(std::string_view accept, std::string_view type) {
  const std::string any = std::string(type.substr(0, type.find('/'))) + "/*";
  unsigned weight = 0;
  int best = -1;  // how exactly the type was named so far
  while (!accept.empty()) {
    std::string_view range = take_until(accept, ',');
    const std::string_view name = take_until(range, ';');
    const int exactness = wire::is_named(name, type) ? 2 : wire::is_named(name, any) ? 1 : name == "*/*" ? 0 : -1;
    if (exactness <= best) continue;
    best = exactness;
    weight = parse_weight(range);
  }
  return weight;
}

}  // namespace

Validators validators_of(const files::FileStamp& stamp) {
  const std::chrono::sys_time<std::chrono::nanoseconds> modified{std::chrono::nanoseconds(stamp.modified)};
  return {fmt::format("\"{}\"", stamp.validator()), std::chrono::floor<std::chrono::seconds>(modified)};
}

bool is_fresh(const wire::HttpRequest& request, const Validators& now) {
  if (request.if_none_match.empty()) {
    const auto since = parse_http_date(request.if_modified_since);
    return since && now.modified <= *since;
  }
  std::string_view rest = request.if_none_match;
  while (!rest.empty()) {
    std::string_view tag = take_until(rest, ',');
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);  // weak comparison (RFC 9110 13.1.2)
    if (tag == now.etag) return true;
  }
  return false;
}

Portion portion_of(const wire::HttpRequest& request, const Validators& now, std::uint64_t size) {
  const bool asks = request.method == wire::Method::kGet && !request.range.empty();
  if (!asks || !still_holds(request.if_range, now)) return {Kind::kWhole, {0, size}};
  return parse_range(request.range, size);
}

bool prefers(std::string_view accept, std::string_view first, std::string_view second) {
  return weight_of(accept, first) >= weight_of(accept, second);
}

}  // namespace torq::web
