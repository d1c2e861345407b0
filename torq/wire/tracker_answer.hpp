// SPDX-License-Identifier: MIT
#pragma once
// What trackers answer over HTTP, in bencoding (BEP 3, 7, 21, 23, 24, 31, 48), as a client reads it: the other half of
// bencode_reply.hpp. Any tracker in the world may have written it, so it takes what they get wrong without harm (keys
// in any order, peers as a text or as a list) and refuses what cannot be understood. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

struct AnnounceAnswer {
  tracker::AnnounceReply reply;  ///< figures that the tracker does not tell are 0, the interval half an hour
  std::optional<std::chrono::seconds> min_interval = {};
  std::string warning = {};                   ///< for people
  std::string tracker_id = {};                ///< to be sent with the next announce
  std::optional<IpAddress> external_ip = {};  ///< the asker's, as the tracker sees it
};

struct SwarmFigures {
  tracker::SwarmCounts counts;
  std::optional<std::uint64_t> downloaders = {};  ///< BEP 21: leechers that want more; where the tracker tells it

  bool operator==(const SwarmFigures&) const = default;
};

struct ScrapedFigures {
  InfoHash info_hash;
  SwarmFigures figures;
};

struct TrackerFault {
  enum class Kind : std::uint8_t {
    kRefused,    ///< `text` is the tracker's reason
    kMalformed,  ///< the answer is none; `text` says what is wrong with it
  };
  Kind kind = Kind::kMalformed;
  std::string text;                                ///< not to be trusted on a terminal
  std::optional<std::chrono::minutes> retry = {};  ///< BEP 31
  bool is_final = false;                           ///< BEP 31: it will not get better
};

/// Peers without a literal address or a port are left out, and what there are beyond `max_peers`.
Result<AnnounceAnswer, TrackerFault> parse_bencoded_announce(Bytes answer, std::size_t max_peers = 10'000);

/// One for each of `asked`, in that order: what the tracker does not name, it does not know.
Result<std::vector<ScrapedFigures>, TrackerFault> parse_bencoded_scrape(Bytes answer, std::span<const InfoHash> asked);

}  // namespace torq::wire
