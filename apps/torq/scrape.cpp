// SPDX-License-Identifier: MIT
// torq scrape: how many are in which swarm, without joining any.

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "torq/client/tracker_client.hpp"

namespace torq::app {
namespace {

struct ScrapeOptions {
  std::string url;
  std::vector<std::string> info_hashes;
  TrustOptions trust;
  bool json = false;
};

using ScrapeReply = Result<std::vector<wire::ScrapedFigures>, client::Error>;

InfoHash parse_hash(const std::string& text) {
  const auto hash = parse_info_hash(text);
  if (!hash) throw UsageError(text, "an info hash has 40 hexadecimal digits, or 64 (BEP 52)");
  return *hash;
}

void show(const ScrapeOptions& options, const std::string& text, const wire::SwarmFigures& figures) {
  const tracker::SwarmCounts& counts = figures.counts;
  if (!options.json) {
    std::cout << fmt::format("{}: {} seeders, {} leechers, downloaded {} times\n", text, counts.complete,
                             counts.incomplete, counts.downloaded);
    return;
  }
  nlohmann::ordered_json line = {{"url", options.url},
                                 {"info_hash", text},
                                 {"complete", counts.complete},
                                 {"downloaded", counts.downloaded},
                                 {"incomplete", counts.incomplete}};
  if (figures.downloaders) line["downloaders"] = *figures.downloaders;
  std::cout << line.dump() << '\n';
}

ExitCode tell(const ScrapeOptions& options, const client::TrackerUrl& url, const ScrapeReply& reply) {
  if (!reply) {
    complain(shown(url), reply.error());
    return exit_code_of(reply.error());
  }
  for (std::size_t i = 0; i < reply->size(); ++i) show(options, options.info_hashes[i], (*reply)[i].figures);
  return ExitCode::kOk;
}

ExitCode scrape(const ScrapeOptions& options) {
  const client::TrackerUrl url = parse_tracker_argument(options.url);
  std::vector<InfoHash> hashes;
  for (const std::string& text : options.info_hashes) hashes.push_back(parse_hash(text));
  const client::Tracker tracker = resolve_tracker(options.trust, url);
  Foreground foreground;
  ExitCode code = ExitCode::kOk;
  client::TrackerClient client(client_options());  // ends before the foreground that it posts to
  client.scrape(tracker, std::move(hashes), [&](ScrapeReply reply) {
    foreground.post([&, reply = std::move(reply)] {
      code = tell(options, url, reply);
      foreground.finish();
    });
  });
  return finish_output(foreground.run() ? code : ExitCode::kInterrupted);
}

constexpr const char* kScrapeFooter = R"(Examples:
  torq scrape quic://tracker.example 0123456789abcdef0123456789abcdef01234567
  torq scrape quic://tracker.example $(cat swarms.txt) --json
  torq scrape 'https://tracker.example/announce?passkey=…' 0123456789abcdef0123456789abcdef01234567

Joins no swarm. Any tracker is asked by its URL, as torq announce does; over HTTP, the last part of the path must begin with
announce, which becomes scrape (BEP 48). As many requests are made as the tracker's limit asks for. With --json, one line for
each info hash, in the order of the command: {"url","info_hash","complete","downloaded","incomplete"}: seeders, finished
downloads and leechers; and "downloaders" where the tracker tells it (BEP 21): leechers that want more. A swarm that the tracker
does not know has zeros. A tracker without scrape is an error (exit code 1).)";

}  // namespace

void add_scrape(Verb& command) {
  auto options = std::make_shared<ScrapeOptions>();
  Verb verb = command.verb("scrape", "Ask how many are in a swarm, without joining it");
  verb.footer(kScrapeFooter);
  verb.option("URL", options->url, "of the tracker: quic://, h3://, https://, http:// or udp://").required().takes("");
  verb.option("INFO_HASH", options->info_hashes, "40 or 64 hexadecimal digits each").required().takes("");
  verb.flag("--json", options->json, "one JSON object per info hash on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return scrape(*options); });
}

}  // namespace torq::app
