// SPDX-License-Identifier: MIT
#pragma once
// The vocabulary of announce and scrape (BEP 3, BEP 48), free of any encoding: what each door decodes into and encodes
// from. Rules are in tracker.hpp; the JSON forms are in wire/.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/info_hash.hpp"

namespace torq::tracker {

/// kNone is a plain refresh, and so is kPaused but for its name: a partial seed (BEP 21), which lacks bytes that it
/// does not want, says it in every announce. It counts as incomplete and is handed out like any leecher.
enum class AnnounceEvent : std::uint8_t { kNone, kStarted, kCompleted, kStopped, kPaused };

/// What a peer says of itself. Its peer_id is checked where it is decoded and goes no further: a peer is known by its
/// address, which nobody else can claim.
struct Announce {
  InfoHash info_hash;
  std::uint16_t port = 0;             ///< where it accepts connections; 1..65535, with kStopped also 0
  std::uint64_t uploaded = 0;         ///< bytes
  std::uint64_t downloaded = 0;       ///< bytes
  std::optional<std::uint64_t> left;  ///< bytes; 0 is a seeder, absent a leecher
  AnnounceEvent event = AnnounceEvent::kNone;
  std::optional<IpAddress> ip;          ///< claimed; believed only as Tracker says
  std::optional<std::int64_t> numwant;  ///< peers wanted; absent or negative: the default
  std::optional<Family> family = {};    ///< of the peers wanted, where an answer has room for one family only
};

struct AnnounceReply {
  std::chrono::seconds interval{};  ///< until the next announce
  std::uint64_t complete = 0;       ///< seeders, the asker counted
  std::uint64_t incomplete = 0;     ///< leechers, the asker counted
  std::vector<SocketAddress> peers;
  bool listed = true;  ///< false: there was no room for the asker, of whom others do not hear
};

/// One swarm's figures in a scrape.
struct SwarmCounts {
  std::uint64_t complete = 0;    ///< seeders now
  std::uint64_t downloaded = 0;  ///< peers that ever reported `completed`
  std::uint64_t incomplete = 0;  ///< leechers now

  bool operator==(const SwarmCounts&) const = default;
};

}  // namespace torq::tracker
