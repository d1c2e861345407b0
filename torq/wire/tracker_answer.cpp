// SPDX-License-Identifier: MIT
#include "torq/wire/tracker_answer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "torq/bencode/reader.hpp"

namespace torq::wire {
namespace {

using bencode::Value;
using std::chrono::seconds;

constexpr seconds kUsualInterval{1800};  // what libtorrent waits when it is not told
constexpr seconds kLongestInterval{std::chrono::hours(24 * 365)};

Failure<TrackerFault> malformed(std::string text) {
  return Failure(TrackerFault{TrackerFault::Kind::kMalformed, std::move(text)});
}

std::optional<std::int64_t> integer_of(const Value& root, std::string_view name) {
  const Value* value = root.find(name);
  if (value == nullptr || value->integer() == nullptr) return std::nullopt;
  return *value->integer();
}

std::uint64_t count_of(const Value& root, std::string_view name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(integer_of(root, name).value_or(0), 0));
}

std::string text_of(const Value& root, std::string_view name) {
  const Value* value = root.find(name);
  if (value == nullptr || value->text() == nullptr) return {};
  return std::string(*value->text());
}

std::optional<seconds> seconds_of(const Value& root, std::string_view name) {
  const auto number = integer_of(root, name);
  if (!number || *number < 0) return std::nullopt;
  return seconds(std::min<std::int64_t>(*number, kLongestInterval.count()));
}

std::optional<TrackerFault> failure_in(const Value& root) {
  const Value* reason = root.find("failure reason");
  if (reason == nullptr) return std::nullopt;
  TrackerFault fault{TrackerFault::Kind::kRefused, text_of(root, "failure reason")};
  if (const auto minutes = integer_of(root, "retry in"); minutes && *minutes > 0) {
    fault.retry = std::chrono::minutes(std::min<std::int64_t>(*minutes, 1'000'000));
  }
  fault.is_final = text_of(root, "retry in") == "never";
  return fault;
}

// Real trackers have written dictionaries in the order of a hash table.
Result<Value, TrackerFault> parse_root(Bytes answer) {
  bencode::Limits limits;
  limits.order = bencode::KeyOrder::kAny;
  auto root = bencode::parse(answer, limits);
  if (!root) return malformed("the bencoding " + std::string(to_string(root.error())));
  if (root->dictionary() == nullptr) return malformed("it is no dictionary");
  if (auto failure = failure_in(*root)) return Failure(*failure);
  return *std::move(root);
}

template <std::size_t N>
std::array<std::byte, N> take(std::string_view text) {
  std::array<std::byte, N> bytes;
  std::memcpy(bytes.data(), text.data(), N);
  return bytes;
}

IpAddress ip_of(std::string_view bytes) {
  return bytes.size() == 4 ? IpAddress::v4(take<4>(bytes)) : IpAddress::v6(take<16>(bytes));
}

class Peers {
 public:
  Peers(std::vector<SocketAddress>& into, std::size_t most) : into_(into), most_(most) {}

  // BEP 23, BEP 7: address and port of each, in network order, one behind the other.
  bool add_compact(std::string_view text, std::size_t ip_size) {
    const std::size_t size = ip_size + 2;
    if (text.size() % size != 0) return false;
    for (; !text.empty(); text.remove_prefix(size)) {
      const auto port = take<2>(text.substr(ip_size));
      add(ip_of(text.substr(0, ip_size)), std::to_integer<std::int64_t>(port[0]) << 8 | std::to_integer<int>(port[1]));
    }
    return true;
  }

  // A host name is not looked up: it may be anybody's.
  void add_list(const Value::List& list) {
    for (const Value& peer : list) {
      const auto ip = parse_ip(text_of(peer, "ip"));
      if (ip) add(*ip, integer_of(peer, "port").value_or(0));
    }
  }

 private:
  void add(const IpAddress& ip, std::int64_t port) {
    if (into_.size() == most_ || port < 1 || port > 65535) return;
    into_.push_back({ip, static_cast<std::uint16_t>(port)});
  }

  std::vector<SocketAddress>& into_;
  const std::size_t most_;
};

}  // namespace

Result<AnnounceAnswer, TrackerFault> parse_bencoded_announce(Bytes bytes, std::size_t max_peers) {
  const auto root = parse_root(bytes);
  if (!root) return Failure(root.error());
  AnnounceAnswer answer;
  answer.reply.interval = seconds_of(*root, "interval").value_or(kUsualInterval);
  answer.reply.complete = count_of(*root, "complete");
  answer.reply.incomplete = count_of(*root, "incomplete");
  answer.min_interval = seconds_of(*root, "min interval");
  answer.warning = text_of(*root, "warning message");
  answer.tracker_id = text_of(*root, "tracker id");
  const std::string external = text_of(*root, "external ip");
  if (external.size() == 4 || external.size() == 16) answer.external_ip = ip_of(external);

  Peers peers(answer.reply.peers, max_peers);
  const Value* v4 = root->find("peers");
  const Value* v6 = root->find("peers6");
  if (v4 != nullptr && v4->list() != nullptr) peers.add_list(*v4->list());
  if (v4 != nullptr && v4->text() != nullptr && !peers.add_compact(*v4->text(), 4)) {
    return malformed("peers is not of 6 bytes each");
  }
  if (v6 != nullptr && v6->text() != nullptr && !peers.add_compact(*v6->text(), 16)) {
    return malformed("peers6 is not of 18 bytes each");
  }
  return answer;
}

Result<std::vector<ScrapedFigures>, TrackerFault> parse_bencoded_scrape(Bytes bytes, std::span<const InfoHash> asked) {
  const auto root = parse_root(bytes);
  if (!root) return Failure(root.error());
  const Value* files = root->find("files");
  if (files == nullptr || files->dictionary() == nullptr) return malformed("files is no dictionary");
  std::vector<ScrapedFigures> swarms;
  for (const InfoHash& hash : asked) {
    ScrapedFigures& swarm = swarms.emplace_back(ScrapedFigures{hash, {}});
    const Value* file = files->find(as_text(hash.bytes));
    if (file == nullptr) continue;
    if (file->dictionary() == nullptr) return malformed("a swarm's figures are no dictionary");
    swarm.figures.counts = {count_of(*file, "complete"), count_of(*file, "downloaded"), count_of(*file, "incomplete")};
    if (integer_of(*file, "downloaders")) swarm.figures.downloaders = count_of(*file, "downloaders");
  }
  return swarms;
}

}  // namespace torq::wire
