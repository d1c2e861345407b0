// SPDX-License-Identifier: MIT
#pragma once
// The messages of the JSON protocol as plain values: what a server decodes and a client encodes (requests), and the
// other way round (answers). No encoding and no rule of the tracker lives here. Requests hold views, so that decoding
// one costs no allocation; answers own what they hold. Specification: docs/wire.md.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "torq/base/info_hash.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

/// What a server asks its clients to respect, as the capability answer tells it.
struct Limits {
  std::uint64_t max_request_bytes = 64 * 1024;
  std::uint64_t max_json_file_bytes = 64 * 1024 * 1024;  ///< of the file, not of its list of numbers
  std::uint64_t max_numwant = 200;                       ///< peers in one announce reply
  std::uint64_t max_scrape = 64;                         ///< info hashes in one scrape
  std::uint64_t max_list = 1000;                         ///< entries in one list reply
  std::chrono::seconds interval{60};
  std::chrono::seconds min_interval{30};

  bool operator==(const Limits&) const = default;
};

/// What an implementation can do; the names are in docs/wire.md, "Capability frame".
enum class Capability : std::uint8_t { kAnnounce, kFile, kScrape, kFileRange, kFileRaw, kList };

inline constexpr std::array kAllCapabilities = {Capability::kAnnounce,  Capability::kFile,    Capability::kScrape,
                                                Capability::kFileRange, Capability::kFileRaw, Capability::kList};

std::string_view name_of(Capability capability);
std::optional<Capability> parse_capability(std::string_view name);

class CapabilitySet {
 public:
  constexpr CapabilitySet() = default;
  constexpr CapabilitySet(std::initializer_list<Capability> list) {
    for (const Capability c : list) add(c);
  }
  static constexpr CapabilitySet all() {
    CapabilitySet set;
    for (const Capability c : kAllCapabilities) set.add(c);
    return set;
  }

  constexpr void add(Capability c) { bits_ = static_cast<std::uint8_t>(bits_ | bit(c)); }
  constexpr bool has(Capability c) const { return (bits_ & bit(c)) != 0; }
  bool operator==(const CapabilitySet&) const = default;

 private:
  static constexpr unsigned bit(Capability c) { return 1U << static_cast<unsigned>(c); }
  std::uint8_t bits_ = 0;
};

/// The highest version of the capability frame that we speak.
inline constexpr std::uint64_t kProtocolVersion = 1;

// ---- requests; their views live as long as the parser or the caller says ----

inline constexpr std::size_t kMaxPeerId = 64;  ///< bytes

struct AnnounceRequest {
  tracker::Announce announce;
  std::string_view peer_id;  ///< 1..kMaxPeerId bytes of UTF-8
};

enum class FileEncoding : std::uint8_t { kNumbers, kRaw };

struct FileRequest {
  std::string_view name;                ///< any text; what it may name is the business of files/
  std::optional<std::uint64_t> offset;  ///< bytes
  std::optional<std::uint64_t> length;  ///< bytes
  FileEncoding encoding = FileEncoding::kNumbers;

  /// The answer to such a request says which part of the file it is.
  bool has_range() const { return offset || length; }
};

struct CapabilityRequest {
  CapabilitySet capabilities;                ///< those of the request that we know
  std::uint64_t version = kProtocolVersion;  ///< decoded: the highest that both sides speak
};

struct ScrapeHash {
  InfoHash info_hash;
  std::string_view text;  ///< as it was asked, which is how the answer names it
};

struct ScrapeRequest {
  std::vector<ScrapeHash> hashes;  ///< no text twice
};

struct ListRequest {
  std::string_view folder;      ///< empty: the root
  std::string_view after = {};  ///< only names behind this one; empty: all
};

using Request = std::variant<AnnounceRequest, FileRequest, CapabilityRequest, ScrapeRequest, ListRequest>;

// ---- answers ----

struct CapabilityReply {
  std::uint64_t version = kProtocolVersion;
  CapabilitySet capabilities;  ///< what both sides can do
  Limits limits;

  bool operator==(const CapabilityReply&) const = default;
};

struct ScrapeEntry {
  std::string info_hash;  ///< as it was asked
  tracker::SwarmCounts counts;

  bool operator==(const ScrapeEntry&) const = default;
};

struct ScrapeReply {
  std::vector<ScrapeEntry> files;

  bool operator==(const ScrapeReply&) const = default;
};

enum class EntryType : std::uint8_t { kFile, kFolder };

struct ListEntry {
  std::string name;  ///< one segment, UTF-8
  EntryType type = EntryType::kFile;
  std::uint64_t size = 0;  ///< bytes; 0 for a folder

  bool operator==(const ListEntry&) const = default;
};

struct ListReply {
  std::string folder;  ///< as it was asked
  std::vector<ListEntry> entries;
  bool truncated = false;

  bool operator==(const ListReply&) const = default;
};

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  bool is_within(std::uint64_t size) const { return offset <= size && length <= size - offset; }

  bool operator==(const ByteRange&) const = default;
};

/// What a list of numbers says of itself after its bytes.
struct FileAnswer {
  std::string filename;            ///< as it was asked
  std::uint64_t size = 0;          ///< of the whole file
  std::optional<ByteRange> range;  ///< which part was sent; only in the answer to a request with a range

  bool operator==(const FileAnswer&) const = default;
};

using Sha256 = std::array<std::byte, 32>;

/// The line before raw bytes: exactly range.length of them follow its newline.
struct RawHeader {
  static constexpr std::size_t kMaxValidator = 128;  ///< bytes

  std::string filename;  ///< as it was asked
  std::uint64_t size = 0;
  ByteRange range;
  std::optional<Sha256> sha256;  ///< of the whole file, where the server knows it
  /// Opaque; two answers with the same one are parts of the same bytes. Empty: the server tells none.
  std::string validator = {};

  bool operator==(const RawHeader&) const = default;
};

}  // namespace torq::wire
