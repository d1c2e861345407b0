// SPDX-License-Identifier: MIT
// torq announce: joins swarms, tells how far one is, and shows who else is there.

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/command/whole_number.hpp"
#include "torq/client/tracker_client.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::app {
namespace {

constexpr std::size_t kLongestPeerId = 64;  // docs/wire.md, "Announce"
constexpr std::size_t kPeerIdSize = 20;     // BEP 3, by every other door

struct AnnounceOptions {
  std::string url;
  std::vector<std::string> info_hashes;
  std::uint16_t port = 0;
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
  std::optional<std::uint64_t> left;
  std::string event;
  std::optional<std::int64_t> numwant;
  std::string peer_id;
  std::optional<std::string> ip;
  TrustOptions trust;
  bool json = false;
};

using Reply = Result<wire::AnnounceAnswer, client::Error>;

// "-TQ0100-" (BEP 20: TQ is torq, 0100 version 0.1) and twelve characters that make it this run's own.
std::string make_peer_id() {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  net::SystemEntropy entropy;
  Random random(net::draw_seed(entropy));
  std::string id = "-TQ0100-";
  while (id.size() < kPeerIdSize) id += kAlphabet[random.below(kAlphabet.size())];
  return id;
}

std::optional<tracker::AnnounceEvent> parse_event(std::string_view name) {
  if (name == "started") return tracker::AnnounceEvent::kStarted;
  if (name == "completed") return tracker::AnnounceEvent::kCompleted;
  if (name == "stopped") return tracker::AnnounceEvent::kStopped;
  if (name == "paused") return tracker::AnnounceEvent::kPaused;
  return std::nullopt;
}

tracker::Announce announce_of(const AnnounceOptions& options, const std::string& info_hash) {
  const auto hash = parse_info_hash(info_hash);
  if (!hash) throw UsageError(info_hash, "an info hash has 40 hexadecimal digits, or 64 (BEP 52)");
  tracker::Announce announce;
  announce.info_hash = *hash;
  announce.port = options.port;
  announce.uploaded = options.uploaded;
  announce.downloaded = options.downloaded;
  announce.left = options.left;
  announce.event = parse_event(options.event).value_or(tracker::AnnounceEvent::kNone);
  announce.numwant = options.numwant;
  if (options.ip) announce.ip = parse_ip(*options.ip);
  return announce;
}

/// All swarms of one command. Main thread, but for what ask() hands to the client.
class Round {
 public:
  Round(const AnnounceOptions& options, std::vector<tracker::Announce> announces)
      : options_(options), announces_(std::move(announces)), replies_(announces_.size()) {}

  ExitCode run(const client::Tracker& tracker);

 private:
  void end(std::size_t index, const Reply& reply);
  void show_in_order();
  void show(const std::string& info_hash, const wire::AnnounceAnswer& answer);
  void say(const client::Error& error);
  void warn(const std::string& text);

  const AnnounceOptions& options_;
  std::string shown_url_;
  const std::vector<tracker::Announce> announces_;
  std::vector<std::optional<Reply>> replies_;
  std::set<std::string> said_;  // what is true of the server need not be said for each swarm
  std::size_t shown_ = 0;       // of replies_
  ExitCode code_ = ExitCode::kOk;
  Foreground foreground_;
};

ExitCode Round::run(const client::Tracker& tracker) {
  shown_url_ = shown(tracker.url);
  net::SystemEntropy entropy;
  const auto key = static_cast<std::uint32_t>(net::draw_seed(entropy));
  client::TrackerClient client(client_options());  // ends before the foreground that it posts to
  for (std::size_t i = 0; i < announces_.size(); ++i) {
    client.announce(tracker, {announces_[i], options_.peer_id, key}, [this, i](Reply reply) {
      foreground_.post([this, i, reply = std::move(reply)] { end(i, reply); });
    });
  }
  return foreground_.run() ? code_ : ExitCode::kInterrupted;
}

void Round::end(std::size_t index, const Reply& reply) {
  replies_[index] = reply;
  while (shown_ < replies_.size() && replies_[shown_]) {
    const Reply& next = *replies_[shown_];
    next ? show(options_.info_hashes[shown_], *next) : say(next.error());
    ++shown_;
  }
  std::cout.flush();
  if (shown_ == replies_.size()) foreground_.finish();
}

void Round::say(const client::Error& error) {
  code_ = worse(code_, exit_code_of(error));
  if (said_.insert(error.text()).second) complain(shown_url_, error);
}

void Round::warn(const std::string& text) {
  if (said_.insert(text).second) std::cerr << "torq: " << shown_url_ << ": the tracker warns: " << text << '\n';
}

nlohmann::ordered_json line_of(const wire::AnnounceAnswer& answer) {
  const tracker::AnnounceReply& reply = answer.reply;
  auto peers = nlohmann::ordered_json::array();
  for (const SocketAddress& peer : reply.peers) peers.push_back({{"ip", to_string(peer.ip)}, {"port", peer.port}});
  nlohmann::ordered_json line = {{"interval", reply.interval.count()},
                                 {"complete", reply.complete},
                                 {"incomplete", reply.incomplete},
                                 {"peers", peers}};
  if (answer.min_interval) line["min_interval"] = answer.min_interval->count();
  if (answer.external_ip) line["external_ip"] = to_string(*answer.external_ip);
  if (!answer.warning.empty()) line["warning"] = answer.warning;
  if (!answer.tracker_id.empty()) line["tracker_id"] = answer.tracker_id;
  return line;
}

void Round::show(const std::string& info_hash, const wire::AnnounceAnswer& answer) {
  const tracker::AnnounceReply& reply = answer.reply;
  if (options_.json) {
    nlohmann::ordered_json line = {{"url", options_.url}, {"info_hash", info_hash}};
    line.update(line_of(answer));
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  if (!answer.warning.empty()) warn(client::tame(answer.warning));
  std::cout << fmt::format("{}: {} seeders, {} leechers; announce again in {} s\n", info_hash, reply.complete,
                           reply.incomplete, reply.interval.count());
  for (const SocketAddress& peer : reply.peers) std::cout << "  " << to_string(peer) << '\n';
}

ExitCode announce(AnnounceOptions options) {
  const client::TrackerUrl url = parse_tracker_argument(options.url);
  std::vector<tracker::Announce> announces;
  for (const std::string& info_hash : options.info_hashes) announces.push_back(announce_of(options, info_hash));
  if (options.peer_id.empty()) options.peer_id = make_peer_id();
  if (url.scheme != client::TrackerScheme::kQuic && options.peer_id.size() != kPeerIdSize) {
    throw UsageError("--peer-id", "a tracker of this kind takes 20 bytes");
  }
  Round round(options, std::move(announces));
  return finish_output(round.run(resolve_tracker(options.trust, url)));
}

constexpr const char* kAnnounceFooter = R"(Examples:
  torq announce quic://tracker.example 0123456789abcdef0123456789abcdef01234567 --port 6881 --left 0     a seeder
  torq announce quic://tracker.example 0123456789abcdef0123456789abcdef01234567 --port 6881 --event stopped
  torq announce quic://192.0.2.7:7001 $(cat swarms.txt) --port 6881 --left 1000 --json --pin sha256:6f7a…
  torq announce udp://tracker.example:6969 0123456789abcdef0123456789abcdef01234567 --port 6881
  torq announce 'https://tracker.example/announce?passkey=…' 0123456789abcdef0123456789abcdef01234567 --port 6881

The server counts whoever asks as a peer of the swarm and answers with others. Any tracker is asked by its URL: quic:// (torq's
own; a path means nothing), h3:// (HTTP/3), https://, http://, udp://. Path and query are sent as they are; /announce without a
path. With --json, one line for each info hash that was answered:
{"url","info_hash","interval","complete","incomplete","peers":[{"ip","port"}]}, and "min_interval", "external_ip", "warning",
"tracker_id" where the tracker says them. The exit code is that of the worst outcome.)";

// CLI11 alone would take -1 for the largest number there is, and 010 for eight.
void add_numbers(Verb& verb, AnnounceOptions& options) {
  verb.option("--port", options.port, "where this peer accepts connections")
      .required()
      .takes("PORT")
      .check(check_whole({1, 65535}));
  verb.option("--left", options.left, "bytes that are missing; 0 is a seeder, none given a leecher")
      .takes("BYTES")
      .check(check_whole({}));
  verb.option("--uploaded", options.uploaded, "bytes given to others").takes("BYTES").check(check_whole({}));
  verb.option("--downloaded", options.downloaded, "bytes got from others").takes("BYTES").check(check_whole({}));
  verb.option("--numwant", options.numwant, "how many peers to answer with (default: as the server likes)")
      .takes("N")
      .check(check_whole({0, INT64_MAX}));
}

std::string check_peer_id(const std::string& id) {
  return id.empty() || id.size() > kLongestPeerId ? "a peer ID has 1 to 64 bytes" : "";
}

std::string check_event(const std::string& name) {
  return parse_event(name) ? "" : name + " is not started, completed, stopped or paused";
}

std::string check_ip(const std::string& text) { return parse_ip(text) ? "" : text + " is no IP address"; }

void add_identity(Verb& verb, AnnounceOptions& options) {
  verb.option("--event", options.event, "what has happened (default: nothing, a plain refresh)")
      .takes("started|completed|stopped|paused")
      .check(check_event);
  verb.option("--peer-id", options.peer_id, "this peer's name (default: -TQ0100- and 12 random characters)")
      .takes("ID")
      .check(check_peer_id);
  verb.option("--ip", options.ip, "this peer's address, where the server believes such claims")
      .takes("ADDR")
      .check(check_ip);
}

}  // namespace

void add_announce(Verb& command) {
  auto options = std::make_shared<AnnounceOptions>();
  Verb verb = command.verb("announce", "Announce a peer to a tracker, and learn of others");
  verb.footer(kAnnounceFooter);
  verb.option("URL", options->url, "of the tracker: quic://, h3://, https://, http:// or udp://").required().takes("");
  verb.option("INFO_HASH", options->info_hashes, "40 or 64 hexadecimal digits each").required().takes("");
  add_numbers(verb, *options);
  add_identity(verb, *options);
  verb.flag("--json", options->json, "one JSON object per info hash on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return announce(*options); });
}

}  // namespace torq::app
