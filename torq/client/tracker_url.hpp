// SPDX-License-Identifier: MIT
#pragma once
// Where a tracker is and by which protocol it is asked: `quic://`, `h3://`, `https://`, `http://` or `udp://`, as it
// stands in torrents. Path and query are kept byte for byte, because private trackers put the user's key there; for the
// same reason a URL is told to people only as shown() has it. Pure. RFC 3986 without user and fragment; BEP 48.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

enum class TrackerScheme : std::uint8_t { kQuic, kH3, kHttps, kHttp, kUdp };

struct TrackerUrl {
  TrackerScheme scheme = TrackerScheme::kQuic;
  std::string host;  ///< a name in ASCII, or an IP literal without brackets
  std::uint16_t port = 0;
  std::string target = {};  ///< path and query, `/announce` unless the URL has one; empty with kQuic, and with kUdp
                            ///< unless the URL has one
  std::string pin = {};     ///< kQuic: as in Url

  bool has_tls() const { return scheme != TrackerScheme::kHttp && scheme != TrackerScheme::kUdp; }
  bool is_http() const { return scheme != TrackerScheme::kQuic && scheme != TrackerScheme::kUdp; }
  bool operator==(const TrackerUrl&) const = default;
};

/// The error says what is wrong with the text, and what would be right.
Result<TrackerUrl, std::string> parse_tracker_url(std::string_view text);

/// For people: without what may be a key.
std::string shown(const TrackerUrl& url);

/// `host`, or `host:port` unless the port is the scheme's own: the field Host of HTTP.
std::string host_field(const TrackerUrl& url);

/// BEP 48: `announce` at the beginning of the last segment becomes `scrape`; a target that says `scrape` there is one
/// already. Nothing for any other: that tracker has no scrape.
std::optional<std::string> scrape_target_of(std::string_view target);

/// Where an answer of HTTP sends to (RFC 9110 10.2.2): `location` seen from `from`. Only to the same scheme, or from
/// http:// to https://, lest a secret goes out unencrypted. The error says what is wrong.
Result<TrackerUrl, std::string> redirected(const TrackerUrl& from, std::string_view location);

/// Such an answer has a place to go on to.
bool is_redirect(std::uint16_t status);
/// The same as redirected(), but not without end: `count` is 1 for the first.
Result<TrackerUrl, std::string> next_place(const TrackerUrl& from, std::string_view location, unsigned count);

}  // namespace torq::client
