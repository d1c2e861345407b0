// SPDX-License-Identifier: MIT
#include "torq/client/tracker_url.hpp"

#include <algorithm>
#include <array>

#include "torq/client/authority.hpp"
#include "torq/client/url.hpp"

namespace torq::client {
namespace {

constexpr std::string_view kAnnounce = "/announce";
constexpr std::size_t kLongestTarget = 4096;
constexpr unsigned kMostRedirects = 5;

struct Scheme {
  std::string_view text;
  TrackerScheme scheme;
  std::uint16_t port;  // 0: it must be named
};

constexpr std::array<Scheme, 5> kSchemes = {{{"quic://", TrackerScheme::kQuic, kDefaultPort},
                                             {"h3://", TrackerScheme::kH3, 443},
                                             {"https://", TrackerScheme::kHttps, 443},
                                             {"http://", TrackerScheme::kHttp, 80},
                                             {"udp://", TrackerScheme::kUdp, 0}}};

Failure<std::string> wrong_tracker(std::string text) { return Failure(std::move(text)); }

const Scheme& scheme_of(TrackerScheme scheme) {
  return *std::ranges::find_if(kSchemes, [&](const Scheme& known) { return known.scheme == scheme; });
}

const Scheme* find_scheme(std::string_view text) {
  const auto found = std::ranges::find_if(kSchemes, [&](const Scheme& known) {
    return equal_ignoring_case(text.substr(0, known.text.size()), known.text);
  });
  return found == kSchemes.end() ? nullptr : &*found;
}

Failure<std::string> unknown_scheme(std::string_view text) {
  constexpr std::string_view kOurs = "quic://, h3://, https://, http:// or udp://";
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) {
    return wrong_tracker("it must begin with " + std::string(kOurs) + ", for example quic://tracker.example");
  }
  return wrong_tracker("the scheme is " + std::string(text.substr(0, colon)) + ", torq asks trackers by " +
                       std::string(kOurs));
}

// It goes into a request's first line as it is.
Result<std::string, std::string> parse_target(std::string_view rest, bool has_default) {
  const std::string_view target = rest.substr(0, rest.find('#'));  // a fragment is never sent (RFC 3986 3.5)
  const auto is_plain = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::ranges::all_of(target, is_plain)) {
    return wrong_tracker("the path has a character that must be written as %XX");
  }
  if (target.size() > kLongestTarget) return wrong_tracker("the path and query have more than 4096 characters");
  const std::size_t mark = std::min(target.find('?'), target.size());
  const bool has_path = mark > 1;
  if (has_path) return std::string(target);
  const std::string_view query = target.substr(mark);
  if (!has_default && query.empty()) return std::string();
  return std::string(kAnnounce) + std::string(query);
}

std::string origin_of(const TrackerUrl& url) { return std::string(scheme_of(url.scheme).text) + host_field(url); }

}  // namespace

Result<TrackerUrl, std::string> parse_tracker_url(std::string_view text) {
  const Scheme* scheme = find_scheme(text);
  if (scheme == nullptr) return unknown_scheme(text);
  if (scheme->scheme == TrackerScheme::kQuic) {
    auto url = parse_url(text);
    if (!url) return wrong_tracker(url.error());
    return TrackerUrl{scheme->scheme, std::move(url->host), url->port, {}, std::move(url->pin)};
  }
  auto split = split_url(text, scheme->text);
  if (!split) return wrong_tracker(split.error());
  const std::uint16_t port = split->authority.port.value_or(scheme->port);
  if (port == 0) return wrong_tracker("the port is missing: udp://tracker.example:6969, for example");
  auto target = parse_target(split->rest, scheme->scheme != TrackerScheme::kUdp);
  if (!target) return wrong_tracker(target.error());
  return TrackerUrl{scheme->scheme, std::move(split->authority.host), port, std::move(*target)};
}

std::string shown(const TrackerUrl& url) {
  const bool may_be_secret = !url.target.empty() && url.target != kAnnounce;
  return origin_of(url) + (may_be_secret ? "/…" : url.target);
}

std::string host_field(const TrackerUrl& url) {
  const bool is_default = url.port == scheme_of(url.scheme).port;
  return bracketed(url.host) + (is_default ? "" : ":" + std::to_string(url.port));
}

std::optional<std::string> scrape_target_of(std::string_view target) {
  constexpr std::string_view kFrom = "announce";
  constexpr std::string_view kTo = "scrape";
  const std::string_view path = target.substr(0, target.find('?'));
  const std::size_t segment = path.rfind('/') + 1;
  if (path.substr(segment).starts_with(kTo)) return std::string(target);
  if (!path.substr(segment).starts_with(kFrom)) return std::nullopt;
  return std::string(target).replace(segment, kFrom.size(), kTo);
}

Result<TrackerUrl, std::string> redirected(const TrackerUrl& from, std::string_view location) {
  std::string text(location);
  if (location.starts_with("//")) {
    text.insert(0, scheme_of(from.scheme).text.substr(0, scheme_of(from.scheme).text.size() - 2));
  } else if (location.starts_with('/')) {
    text.insert(0, origin_of(from));
  } else if (location.find("://") == std::string_view::npos) {
    return wrong_tracker("the tracker sends on to a place that is no URL");
  }
  auto to = parse_tracker_url(text);
  if (!to) return wrong_tracker("the tracker sends on to a URL that torq cannot use");
  const bool up = from.scheme == TrackerScheme::kHttp && to->scheme == TrackerScheme::kHttps;
  if (from.scheme == TrackerScheme::kH3 && to->scheme == TrackerScheme::kHttps) to->scheme = from.scheme;
  if (to->scheme != from.scheme && !up) return wrong_tracker("the tracker sends on to another scheme: " + shown(*to));
  return to;
}

bool is_redirect(std::uint16_t status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<TrackerUrl, std::string> next_place(const TrackerUrl& from, std::string_view location, unsigned count) {
  if (count > kMostRedirects) return wrong_tracker("the tracker sends on and on");
  return redirected(from, location);
}

}  // namespace torq::client
