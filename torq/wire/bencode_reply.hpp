// SPDX-License-Identifier: MIT
#pragma once
// What a tracker answers over HTTP, in bencoding (BEP 3, 7, 23, 24, 31, 48). Keys are sorted; `peers` is always there.
// Pure; each function appends one whole document to `out`, which a worker may reuse.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "torq/base/address.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

/// How often a client may come at all, told with every answer: libtorrent takes it from failures, too.
struct Pace {
  std::chrono::seconds interval{};
  std::chrono::seconds min_interval{};
};

struct AnnounceForm {
  bool compact = true;  ///< else a list of dictionaries, as BEP 3 had it
  IpAddress asker;      ///< told as `external ip` (BEP 24)
  std::chrono::seconds min_interval{};
};

/// One that is not listed is told so in a `warning message`. The peers' ids are not among what is known of them, so the
/// list has none (BEP 23's `no_peer_id`, always).
void append_bencoded_announce(std::string& out, const tracker::AnnounceReply& reply, const AnnounceForm& form);

/// One swarm of a scrape.
struct ScrapedSwarm {
  InfoHash info_hash;
  tracker::SwarmCounts counts;
};

/// `swarms` may be in any order and is left sorted; a hash that is there twice is answered once.
void append_bencoded_scrape(std::string& out, std::span<ScrapedSwarm> swarms, const Pace& pace);

/// BEP 31: what a client can do about a failure.
enum class Retry : std::uint8_t {
  kUnsaid,
  kNever,      ///< it will not get better
  kInMinutes,  ///< `minutes` of Failed
};

struct Failed {
  std::string_view reason;  ///< for people
  Retry retry = Retry::kUnsaid;
  std::chrono::minutes minutes{};
};

void append_bencoded_failure(std::string& out, const Failed& refusal, const Pace& pace);

}  // namespace torq::wire
