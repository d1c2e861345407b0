// SPDX-License-Identifier: MIT
#pragma once
// The routes that both HTTP versions share: the tracker, the files, and how the server is. A request in, a reply out;
// it knows no connection. One per worker and thread. Specification: docs/wire.md, "HTTP".
//
//   /announce, /scrape   also behind any path (`/<key>/announce`) and with `.php`
//   /files/<path>        files, and listings of folders
//   /stats, /healthz, /readyz, /

#include <cstdint>
#include <string_view>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/files/folder_memory.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/web/reply.hpp"
#include "torq/web/vitals.hpp"
#include "torq/wire/bencode_reply.hpp"
#include "torq/wire/http_request.hpp"
#include "torq/wire/messages.hpp"

namespace torq::web {

/// What all sites of a server share.
struct SiteParts {
  const tracker::Tracker& tracker;
  const files::FileTree& files;
  const Vitals& vitals;
};

/// Requests since the start.
struct Counts {
  std::uint64_t announces = 0;
  std::uint64_t scrapes = 0;
  std::uint64_t files = 0;           ///< folders, too
  std::uint64_t others = 0;          ///< how the server is, and paths where there is nothing
  std::uint64_t not_understood = 0;  ///< refused before anything of that was known
  std::uint64_t failures = 0;        ///< of all: answered with a status from 400 on, or with a reason of failure
};

class Site {
 public:
  /// The parts outlive the site, and the site its replies.
  Site(const SiteParts& parts, const wire::Limits& limits, std::uint64_t seed);

  /// `peer` is the proven address of the other end, which may be a proxy.
  Reply answer(Instant now, const IpAddress& peer, const wire::HttpRequest& request);
  /// The answer to what is no request that could be asked.
  Reply turn_away(std::uint16_t status, std::string_view text);

  const Counts& counts() const { return counts_; }

 private:
  Reply find(Instant now, const IpAddress& peer, const wire::HttpRequest& request);
  Reply announce(Instant now, const IpAddress& peer, const wire::HttpRequest& request);
  Reply scrape(Instant now, const wire::HttpRequest& request);
  Reply failure(const wire::Failed& failed);
  Reply files(Instant now, const wire::HttpRequest& request);
  Reply file(const wire::HttpRequest& request, const std::string& name);
  Reply part(const wire::HttpRequest& request, files::SparingFile file, Reply reply, const wire::ByteRange& range);
  Reply folder(Instant now, const wire::HttpRequest& request, const std::string& name);
  Reply unknown(const wire::HttpRequest& request);
  wire::Pace pace() const;
  IpAddress source_of(const IpAddress& peer, std::string_view forwarded_for) const;

  SiteParts parts_;
  wire::Limits limits_;
  Random random_;
  std::vector<SocketAddress> recycled_;  // the peers of the last announce, whose memory is used again
  files::FolderMemory folders_;
  std::size_t open_files_ = 0;
  Counts counts_;
};

}  // namespace torq::web
