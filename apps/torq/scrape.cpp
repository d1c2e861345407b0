// SPDX-License-Identifier: MIT
// torq scrape: how many are in which swarm, without joining any.

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/torq/client_options.hpp"
#include "apps/torq/command_line.hpp"
#include "apps/torq/failures.hpp"
#include "apps/torq/foreground.hpp"
#include "apps/torq/trust_options.hpp"
#include "apps/torq/url_option.hpp"
#include "torq/client/client.hpp"

namespace torq::app {
namespace {

// Beyond, a request would be longer than servers take.
constexpr std::uint64_t kMostHashes = 1000;

struct ScrapeOptions {
  std::string url;
  std::vector<std::string> info_hashes;
  TrustOptions trust;
  bool json = false;
};

using Reply = Result<wire::ScrapeReply, client::Error>;

InfoHash parse_hash(const std::string& text) {
  const auto hash = parse_info_hash(text);
  if (!hash) throw UsageError(text, "an info hash has 40 hexadecimal digits, or 64 (BEP 52)");
  return *hash;
}

client::Error without_scrape() {
  return {client::ErrorKind::kUnsupported, "", "the server does not offer scrape",
          "torq announce tells the figures of a swarm, and joins it", ""};
}

/// One command. Main thread, but for what is handed to the client.
class Scrape {
 public:
  Scrape(const ScrapeOptions& options, std::vector<InfoHash> hashes, client::Server server)
      : options_(options), hashes_(std::move(hashes)), server_(std::move(server)) {}

  ExitCode run();

 private:
  void learn(const Result<wire::CapabilityReply, client::Error>& reply);
  void ask(std::size_t most);
  void take(const std::vector<InfoHash>& asked, const Reply& reply);
  void show(const std::string& text, const tracker::SwarmCounts& counts) const;
  void fail(const client::Error& error);
  void end();

  const ScrapeOptions& options_;
  const std::vector<InfoHash> hashes_;  // of options_.info_hashes
  const client::Server server_;
  std::map<std::string, tracker::SwarmCounts> counts_;  // by the text of the hash; of what was answered
  std::set<std::string> said_;
  std::size_t under_way_ = 0;
  ExitCode code_ = ExitCode::kOk;
  Foreground foreground_;
  client::Client client_{client_options()};  // ends before the foreground that it posts to
};

ExitCode Scrape::run() {
  client_.capabilities(server_,
                       [this](auto reply) { foreground_.post([this, reply = std::move(reply)] { learn(reply); }); });
  return foreground_.run() ? code_ : ExitCode::kInterrupted;
}

void Scrape::learn(const Result<wire::CapabilityReply, client::Error>& reply) {
  if (reply && reply->capabilities.has(wire::Capability::kScrape)) {
    return ask(static_cast<std::size_t>(std::clamp<std::uint64_t>(reply->limits.max_scrape, 1, kMostHashes)));
  }
  // A server of the protocol's first document refuses the question: that says that it has no extensions.
  const bool answered = reply || reply.error().kind == client::ErrorKind::kRefused;
  fail(answered ? without_scrape() : reply.error());
  foreground_.finish();
}

void Scrape::ask(std::size_t most) {
  std::set<std::string> texts;
  std::vector<InfoHash> once;
  for (const InfoHash& hash : hashes_) {
    if (texts.insert(to_string(hash)).second) once.push_back(hash);
  }
  for (std::size_t at = 0; at < once.size(); at += most) {
    const auto begin = once.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, once.size() - at));
    std::vector<InfoHash> some(begin, begin + count);
    ++under_way_;
    client_.scrape(server_, some, [this, some](Reply reply) {
      foreground_.post([this, some, reply = std::move(reply)] { take(some, reply); });
    });
  }
}

void Scrape::take(const std::vector<InfoHash>& asked, const Reply& reply) {
  if (reply) {
    // A swarm that the server does not name is one that it does not know.
    for (const InfoHash& hash : asked) counts_.emplace(to_string(hash), tracker::SwarmCounts{});
    for (const wire::ScrapeEntry& entry : reply->files) {
      const auto known = counts_.find(entry.info_hash);
      if (known != counts_.end()) known->second = entry.counts;
    }
  } else {
    fail(reply.error());
  }
  if (--under_way_ == 0) end();
}

void Scrape::fail(const client::Error& error) {
  code_ = worse(code_, exit_code_of(error));
  if (said_.insert(error.text()).second) complain(options_.url, error);
}

void Scrape::end() {
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    const auto found = counts_.find(to_string(hashes_[i]));
    if (found != counts_.end()) show(options_.info_hashes[i], found->second);
  }
  foreground_.finish();
}

void Scrape::show(const std::string& text, const tracker::SwarmCounts& counts) const {
  if (!options_.json) {
    std::cout << fmt::format("{}: {} seeders, {} leechers, downloaded {} times\n", text, counts.complete,
                             counts.incomplete, counts.downloaded);
    return;
  }
  const nlohmann::ordered_json line = {{"url", options_.url},
                                       {"info_hash", text},
                                       {"complete", counts.complete},
                                       {"downloaded", counts.downloaded},
                                       {"incomplete", counts.incomplete}};
  std::cout << line.dump() << '\n';
}

ExitCode scrape(const ScrapeOptions& options) {
  const client::Url url = parse_url_argument(options.url);
  std::vector<InfoHash> hashes;
  for (const std::string& text : options.info_hashes) hashes.push_back(parse_hash(text));
  Scrape command(options, std::move(hashes), client::server_of(url, resolve_trust(options.trust, url)));
  return finish_output(command.run());
}

constexpr const char* kFooter = R"(Examples:
  torq scrape quic://tracker.example 0123456789abcdef0123456789abcdef01234567
  torq scrape quic://tracker.example $(cat swarms.txt) --json

Joins no swarm. As many requests are made as the server's limit asks for. With --json, one line for each info hash, in the
order of the command: {"url","info_hash","complete","downloaded","incomplete"}: seeders, finished downloads and leechers. A
swarm that the server does not know has zeros. A path in the URL means nothing. A server without the extension scrape is an
error (exit code 1).)";

}  // namespace

void add_scrape(Verb& command) {
  auto options = std::make_shared<ScrapeOptions>();
  Verb verb = command.verb("scrape", "Ask how many are in a swarm, without joining it");
  verb.footer(kFooter);
  verb.option("URL", options->url, "quic://host[:7001]").required().takes("");
  verb.option("INFO_HASH", options->info_hashes, "40 or 64 hexadecimal digits each").required().takes("");
  verb.flag("--json", options->json, "one JSON object per info hash on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return scrape(*options); });
}

}  // namespace torq::app
