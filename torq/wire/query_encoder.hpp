// SPDX-License-Identifier: MIT
#pragma once
// Announce and scrape as the query of a URL, as a client writes it: the other half of http_query.hpp (BEP 3, 7, 23,
// 48). Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "torq/tracker/announce.hpp"

namespace torq::wire {

/// Who announces.
struct Asker {
  std::string_view peer_id;          ///< 20 bytes
  std::uint32_t key = 0;             ///< the same in all announces of one client
  std::string_view tracker_id = {};  ///< of the tracker's last answer
};

/// `target`, which may have a query already, and the announce behind it.
std::string announce_target(std::string_view target, const tracker::Announce& announce, const Asker& asker);
std::string scrape_target(std::string_view target, std::span<const InfoHash> hashes);

}  // namespace torq::wire
