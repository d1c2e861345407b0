// SPDX-License-Identifier: MIT
// torq get: files from servers, all at once, each whole under its name or not at all.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/client_options.hpp"
#include "apps/torq/failures.hpp"
#include "apps/torq/file_writer.hpp"
#include "apps/torq/foreground.hpp"
#include "apps/torq/output_paths.hpp"
#include "apps/torq/trust_options.hpp"
#include "apps/torq/url_option.hpp"
#include "apps/torq/verb.hpp"
#include "torq/base/hex.hpp"
#include "torq/client/client.hpp"

namespace torq::app {
namespace {

struct GetOptions {
  std::vector<std::string> urls;
  std::optional<std::string> output;
  TrustOptions trust;
  bool json = false;
};

struct Download {
  std::string url;  ///< as it was asked
  std::string path;
  std::shared_ptr<FileWriter> writer;
  bool ended = false;
  std::optional<client::Fetched> fetched = {};  ///< and on disk under its name
  std::chrono::duration<double> took{};
};

/// All downloads of one command. Main thread, but for what fetch() hands to the client.
class Batch {
 public:
  Batch(std::vector<Download> downloads, bool json) : downloads_(std::move(downloads)), json_(json) {}

  ExitCode run(const std::vector<client::Url>& urls, const client::Trust& trust);

 private:
  void fetch(client::Client& client, std::size_t index, const client::Url& url, const client::Trust& trust);
  void end(std::size_t index, const Result<client::Fetched, client::Error>& result);
  void show_in_order();
  void show(const Download& download) const;

  std::vector<Download> downloads_;
  const bool json_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::size_t shown_ = 0;  // of downloads_
  ExitCode code_ = ExitCode::kOk;
  Foreground foreground_;
};

ExitCode Batch::run(const std::vector<client::Url>& urls, const client::Trust& trust) {
  client::Client client(client_options());  // ends before the foreground that it posts to
  for (std::size_t i = 0; i < urls.size(); ++i) fetch(client, i, urls[i], trust);
  return foreground_.run() ? code_ : ExitCode::kInterrupted;
}

void Batch::fetch(client::Client& client, std::size_t index, const client::Url& url, const client::Trust& trust) {
  const auto writer = downloads_[index].writer;
  client.fetch(client::server_of(url, trust), url.path, writer, [this, index, writer](auto result) {
    if (!result) writer->discard();
    foreground_.post([this, index, outcome = std::move(result)] { end(index, outcome); });
  });
}

void Batch::end(std::size_t index, const Result<client::Fetched, client::Error>& result) {
  Download& download = downloads_[index];
  Result<client::Fetched, client::Error> outcome = result;
  if (outcome) {
    const auto committed = download.writer->commit();
    if (!committed) outcome = Failure(client::Error{client::ErrorKind::kSink, "", committed.error(), "", ""});
  }
  download.writer->discard();
  download.ended = true;
  download.took = std::chrono::steady_clock::now() - begun_;
  if (outcome) {
    download.fetched = *outcome;
  } else {
    complain(download.url, outcome.error());
    code_ = worse(code_, exit_code_of(outcome.error()));
  }
  show_in_order();
  if (shown_ == downloads_.size()) foreground_.finish();
}

void Batch::show_in_order() {
  while (shown_ < downloads_.size() && downloads_[shown_].ended) show(downloads_[shown_++]);
  std::cout.flush();
}

void Batch::show(const Download& download) const {
  if (!download.fetched) return;
  const std::string digest = to_hex(download.fetched->sha256);
  if (!json_) {
    std::cout << fmt::format("{}: {} bytes in {:.2f} s, sha256 {}\n", download.path, download.fetched->bytes,
                             download.took.count(), digest);
    return;
  }
  const nlohmann::ordered_json line = {{"url", download.url},
                                       {"path", download.path},
                                       {"bytes", download.fetched->bytes},
                                       {"seconds", download.took.count()},
                                       {"sha256", digest}};
  std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

std::optional<Output> output_of(const GetOptions& options) {
  if (!options.output) return std::nullopt;
  std::error_code error;
  const bool is_folder = options.output->ends_with('/') || std::filesystem::is_directory(*options.output, error);
  return Output{*options.output, is_folder};
}

ExitCode get(const GetOptions& options) {
  std::vector<client::Url> urls;
  for (const std::string& text : options.urls) urls.push_back(parse_url_argument(text));
  const auto paths = output_paths(urls, output_of(options));
  if (!paths) throw CLI::ValidationError("get", paths.error());
  const client::Trust trust = resolve_trust(options.trust);
  std::vector<Download> downloads;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    downloads.push_back({options.urls[i], (*paths)[i], std::make_shared<FileWriter>((*paths)[i])});
  }
  Batch batch(std::move(downloads), options.json);
  return finish_output(batch.run(urls, trust));
}

constexpr const char* kFooter = R"(Examples:
  torq get quic://tracker.example/big.iso                    into ./big.iso
  torq get quic://tracker.example/big.iso -o /srv/iso/new.iso
  torq get quic://tracker.example/a%20b.txt quic://tracker.example/c.txt -o downloads
  torq get quic://192.0.2.7:7001/x --pin sha256:6f7a…        a server with a certificate of its own

A file is written under a temporary name, checked, made durable and then renamed: it is there whole, or as it was before.
All files are fetched at once, over one connection for each server. With --json, one line for each file that was fetched, in
the order of the URLs: {"url","path","bytes","seconds","sha256"}. The exit code is that of the worst outcome; from bad to
worse: 0, 3, 1, 4, 5, 6, 8, 7.)";

}  // namespace

void add_get(CLI::App& command, Action& action) {
  auto options = std::make_shared<GetOptions>();
  CLI::App* verb = command.add_subcommand("get", "Fetch files");
  verb->footer(kFooter);
  verb->add_option("URL", options->urls, "quic://host[:7001]/path, percent-encoded where needed")
      ->required()
      ->type_name("");
  verb->add_option("-o,--output", options->output,
                   "where to: a file's name, or a folder that exists (default: here, under the last part of the path)")
      ->type_name("FILE|DIR");
  verb->add_flag("--json", options->json, "one JSON object per file on standard output");
  add_trust_options(*verb, options->trust);
  verb->callback([options, &action] { action = [options] { return get(*options); }; });
}

}  // namespace torq::app
