// SPDX-License-Identifier: MIT
#pragma once
// One request of the JSON protocol: decode, ask the tracker or the file tree, encode. It knows no stream: bytes of a
// whole request in, the beginning of an answer out. One per worker and thread. Specification: docs/wire.md.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "torq/base/clock.hpp"
#include "torq/base/random.hpp"
#include "torq/doors/quic_json/file_body.hpp"
#include "torq/files/folder_memory.hpp"
#include "torq/tracker/tracker.hpp"
#include "torq/wire/error_code.hpp"
#include "torq/wire/request_parser.hpp"

namespace torq::doors::quic_json {

/// Since the start.
struct Counts {
  std::array<std::uint64_t, std::variant_size_v<wire::Request>> requests{};  ///< understood, by their place there
  std::uint64_t not_understood = 0;
  std::array<std::uint64_t, wire::kErrorCodes> errors{};  ///< error answers to either, by ErrorCode
};

struct Answer {
  std::string text;              ///< all of it, or what comes before the rest of `body`
  std::optional<FileBody> body;  ///< produces the rest as it drains
  std::optional<wire::ErrorCode> error = {};
};

/// Outlives the answers it has given.
class Service {
 public:
  /// `tracker` and `files` must outlive the service; other workers use them, too.
  Service(const tracker::Tracker& tracker, const files::FileTree& files, const wire::Limits& limits,
          std::uint64_t seed);

  /// `source` is the proven address of the asker.
  /// The swarm of an announce, where that is what comes first in it, as is usual.
  static std::optional<InfoHash> swarm_of(Bytes request);
  /// Announces to these swarms follow.
  void foresee(std::span<const InfoHash> swarms) const { tracker_.foresee(swarms); }
  Answer answer(Instant now, const IpAddress& source, Bytes request);
  Answer refuse_too_large();
  /// The memory of an answer that has been sent, for the next.
  void recycle(std::string text);

  const wire::Limits& limits() const { return limits_; }
  const Counts& counts() const { return counts_; }

 private:
  Answer counted(Answer answer);

  struct Asker {
    Instant now;
    IpAddress source;
  };

  Answer reply(const Asker& asker, const wire::AnnounceRequest& request);
  Answer reply(const Asker& asker, const wire::FileRequest& request);
  Answer reply(const Asker& asker, const wire::CapabilityRequest& request);
  Answer reply(const Asker& asker, const wire::ScrapeRequest& request);
  Answer reply(const Asker& asker, const wire::ListRequest& request);

  const tracker::Tracker& tracker_;
  const files::FileTree& files_;
  wire::Limits limits_;
  wire::RequestParser parser_;
  Random random_;
  files::FolderMemory folders_;
  std::size_t open_files_ = 0;
  Counts counts_;
  std::vector<SocketAddress> peers_;  // of the last announce: memory for the next
  std::string text_;                  // of the last answer: likewise
};

}  // namespace torq::doors::quic_json
