// SPDX-License-Identifier: MIT
#pragma once
// Announce and scrape as the query of a URL (BEP 3, 7, 21, 23, 48): what a BitTorrent client sends over HTTP, decoded
// into the tracker's vocabulary. Takes what clients in the wild send, down to what they get wrong; docs/wire.md has the
// table. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "torq/base/result.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

struct AnnounceQuery {
  tracker::Announce announce;
  bool compact = true;  ///< BEP 23; false only when a list was asked for
};

/// `query` is what stands behind the `?`. The error says what is wrong and what would be right: clients show it.
Result<AnnounceQuery, std::string> parse_announce_query(std::string_view query);

/// In the order of the query, and as often as they are there; at least one and at most `max_hashes`.
Result<std::vector<InfoHash>, std::string> parse_scrape_query(std::string_view query, std::size_t max_hashes);

/// Takes the first `name=value` off `query`; a name alone has an empty value, and a value may hold `=`.
std::pair<std::string_view, std::string_view> take_parameter(std::string_view& query);

}  // namespace torq::wire
