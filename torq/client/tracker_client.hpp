// SPDX-License-Identifier: MIT
#pragma once
// Asks any tracker in the world, by its URL: torq's own protocol over QUIC, HTTP/3, HTTP/1.1 with TLS or without, and
// UDP. What it learns is the same whatever the door. Files are not its business (client.hpp).
//
// Thread rule: any thread may call it. Completions are called on one thread that the TrackerClient owns, as those of a
// Client.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torq/base/info_hash.hpp"
#include "torq/client/client.hpp"
#include "torq/client/error.hpp"
#include "torq/client/options.hpp"
#include "torq/client/tracker_url.hpp"
#include "torq/client/trust.hpp"
#include "torq/tracker/announce.hpp"
#include "torq/wire/tracker_answer.hpp"

namespace torq::client {

/// Whom to believe to be this server. Called for each that is spoken to with TLS, also one that an answer has sent on
/// to; on any thread.
using TrustFor = std::function<Result<Trust, Error>(const std::string& host, std::uint16_t port)>;

struct Tracker {
  TrackerUrl url;
  TrustFor trust;  ///< not called for udp://
};

struct TrackerAnnounce {
  tracker::Announce announce;   ///< without `left`, trackers that need it are told 16 KiB, as libtorrent does
  std::string peer_id;          ///< 20 bytes; with TrackerScheme::kQuic 1 to 64 of UTF-8
  std::uint32_t key = 0;        ///< the same in all announces of one peer (BEP 15)
  std::string tracker_id = {};  ///< of the last answer
};

class TrackerClient {
 public:
  explicit TrackerClient(const Options& options = {});
  /// Ends what is under way with ErrorKind::kCancelled: all completions have been called when it returns.
  ~TrackerClient();
  TrackerClient(const TrackerClient&) = delete;
  TrackerClient& operator=(const TrackerClient&) = delete;

  void announce(const Tracker& tracker, const TrackerAnnounce& request, Done<wire::AnnounceAnswer> done);
  /// Figures of any number of swarms, in their order, in as many requests as it takes: the first that fails fails all.
  void scrape(const Tracker& tracker, std::vector<InfoHash> swarms, Done<std::vector<wire::ScrapedFigures>> done);
  /// The pin of the server's key, from a handshake that is broken off there; of a URL with TLS.
  void identify(const TrackerUrl& url, Done<std::string> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::client
