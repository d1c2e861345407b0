// SPDX-License-Identifier: MIT
#include "torq/web/site.hpp"

#include <algorithm>

#include "torq/wire/http_query.hpp"

namespace torq::web {
namespace {

enum class Route : std::uint8_t { kAnnounce, kScrape, kFiles, kStats, kHealth, kReady, kRoot, kUnknown };

Route route_of(std::string_view path) {
  if (path == "/files" || path.starts_with("/files/")) return Route::kFiles;
  std::string_view last = path.substr(path.rfind('/') + 1);
  if (last.ends_with(".php")) last.remove_suffix(4);
  // Clients make the one of the other by exchanging the last word (BEP 48), so keys may stand before it.
  if (last == "announce") return Route::kAnnounce;
  if (last == "scrape") return Route::kScrape;
  if (path == "/stats") return Route::kStats;
  if (path == "/healthz") return Route::kHealth;
  if (path == "/readyz") return Route::kReady;
  return path == "/" ? Route::kRoot : Route::kUnknown;
}

std::uint64_t& count_of(Route route, Counts& counts) {
  switch (route) {
    case Route::kAnnounce:
      return counts.announces;
    case Route::kScrape:
      return counts.scrapes;
    case Route::kFiles:
      return counts.files;
    default:
      return counts.others;
  }
}

Reply bencoded(std::string text) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.text = std::move(text);
  reply.length = reply.text.size();
  return reply;
}

Reply not_allowed(std::string_view methods) {
  Reply reply = say(405, "this method is not for this path");
  reply.fields.push_back({"allow", std::string(methods)});
  return reply;
}

Reply without_body(Reply reply) {
  reply.text.clear();
  reply.file.reset();
  return reply;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

Site::Site(const SiteParts& parts, const wire::Limits& limits, std::uint64_t seed)
    : parts_(parts), limits_(limits), random_(seed), folders_(parts.files) {}

Reply Site::answer(Instant now, const IpAddress& peer, const wire::HttpRequest& request) {
  Reply reply = find(now, peer, request);
  if (reply.status >= 400) ++counts_.failures;
  return reply;
}

Reply Site::turn_away(std::uint16_t status, std::string_view text) {
  ++counts_.not_understood;
  ++counts_.failures;
  return say(status, text);
}

Reply Site::find(Instant now, const IpAddress& peer, const wire::HttpRequest& request) {
  const Route route = route_of(request.path());
  ++count_of(route, counts_);
  const bool is_tracker = route == Route::kAnnounce || route == Route::kScrape;
  if (request.method == wire::Method::kOther) return not_allowed(is_tracker ? "GET" : "GET, HEAD");
  if (is_tracker) {
    if (request.method != wire::Method::kGet) return without_body(not_allowed("GET"));
    return route == Route::kAnnounce ? announce(now, peer, request) : scrape(now, request);
  }
  Reply reply;
  switch (route) {
    case Route::kFiles:
      reply = files(now, request);
      break;
    case Route::kStats:
      reply = say(200, parts_.vitals.figures());
      reply.content_type = kJson;
      break;
    case Route::kHealth:
      reply = say(200, "ok");
      break;
    case Route::kReady:
      reply = parts_.vitals.is_ready() ? say(200, "ready") : say(503, "this server is ending");
      break;
    case Route::kRoot:
      reply = say(200, "torq, a BitTorrent tracker: /announce /scrape /files/ /stats");
      break;
    default:
      reply = unknown(request);
  }
  if (request.method == wire::Method::kHead) return without_body(std::move(reply));
  return reply;
}

Reply Site::announce(Instant now, const IpAddress& peer, const wire::HttpRequest& request) {
  const auto query = wire::parse_announce_query(request.query());
  if (!query) return failure({query.error()});
  const IpAddress source = source_of(peer, request.forwarded_for);
  auto reply = parts_.tracker.announce(now, query->announce, source, random_, std::move(recycled_));
  std::string text;
  text.reserve(160 + reply.peers.size() * 18);
  wire::append_bencoded_announce(text, reply, {query->compact, source, pace().min_interval});
  recycled_ = std::move(reply.peers);
  return bencoded(std::move(text));
}

Reply Site::scrape(Instant now, const wire::HttpRequest& request) {
  const auto hashes = wire::parse_scrape_query(request.query(), limits_.max_scrape);
  if (!hashes) return failure({hashes.error()});
  std::vector<wire::ScrapedSwarm> swarms;
  std::ranges::transform(*hashes, std::back_inserter(swarms), [&](const InfoHash& hash) {
    return wire::ScrapedSwarm{hash, parts_.tracker.scrape(now, hash)};
  });
  std::string text;
  wire::append_bencoded_scrape(text, swarms, pace());
  return bencoded(std::move(text));
}

wire::Pace Site::pace() const {
  const auto interval = parts_.tracker.rules().interval;
  return {interval, std::min(limits_.min_interval, interval)};
}

// With status 200: clients read nothing of an answer with another.
Reply Site::failure(const wire::Failed& failed) {
  ++counts_.failures;
  std::string text;
  wire::append_bencoded_failure(text, failed, pace());
  return bencoded(std::move(text));
}

Reply Site::unknown(const wire::HttpRequest& request) {
  // Somebody's client has a wrong URL, and shows only what a tracker says.
  const bool is_client = request.query().find("info_hash=") != std::string_view::npos;
  if (is_client) {
    return failure({"there is no tracker at this path; it is at /announce and /scrape", wire::Retry::kNever});
  }
  return say(404, "there is nothing at this path");
}

// Each proxy appends the address that it was asked from. What stands before the first that nobody trusts was written by
// a stranger.
IpAddress Site::source_of(const IpAddress& peer, std::string_view forwarded_for) const {
  const auto& proxies = parts_.tracker.rules().trusted_proxies;
  const auto is_trusted = [&](const IpAddress& ip) { return std::ranges::find(proxies, ip) != proxies.end(); };
  IpAddress source = peer;
  while (!forwarded_for.empty() && is_trusted(source)) {
    const std::size_t comma = forwarded_for.rfind(',');
    const bool is_first = comma == std::string_view::npos;
    const auto ip = parse_ip(trim(is_first ? forwarded_for : forwarded_for.substr(comma + 1)));
    if (!ip) break;
    source = *ip;
    forwarded_for = is_first ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return source;
}

}  // namespace torq::web
