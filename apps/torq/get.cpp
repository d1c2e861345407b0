// SPDX-License-Identifier: MIT
// torq get: files and folders from servers, each file whole under its name or not at all.

#include <filesystem>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/command/whole_number.hpp"
#include "apps/torq/download/batch.hpp"
#include "apps/torq/download/output_paths.hpp"
#include "apps/torq/download/output_target.hpp"
#include "apps/torq/download/standard_output.hpp"

namespace torq::app {
namespace {

struct GetOptions {
  std::vector<std::string> urls;
  std::optional<std::string> output;
  bool recursive = false;
  std::size_t parallel = BatchSettings{}.parallel;
  bool no_progress = false;
  TrustOptions trust;
  bool json = false;
};

std::optional<Output> output_of(const GetOptions& options) {
  if (!options.output) return std::nullopt;
  std::error_code error;
  const bool is_folder = options.output->ends_with('/') || std::filesystem::is_directory(*options.output, error);
  return Output{*options.output, is_folder};
}

using Servers = std::vector<client::Server>;

void add_files(Batch& batch, const GetOptions& options, const std::vector<client::Url>& urls, const Servers& servers) {
  const auto paths = output_paths(urls, output_of(options));
  if (!paths) throw UsageError(paths.error());
  for (std::size_t i = 0; i < urls.size(); ++i) {
    auto target = output_target((*paths)[i]);
    if (!target) throw UsageError(target.error());
    batch.add_file({servers[i], urls[i], options.urls[i], std::move(*target)});
  }
}

// What is in a folder goes into the folder that -o names, else into one of the same name here.
void add_folders(Batch& batch, const GetOptions& options, std::vector<client::Url> urls, const Servers& servers) {
  for (std::size_t i = 0; i < urls.size(); ++i) {
    client::Url& url = urls[i];
    while (url.path.ends_with('/')) url.path.pop_back();
    const bool is_root = url.path.empty();
    const std::string& output = options.output.value_or(".");
    using Paths = Result<std::vector<std::string>, std::string>;
    const Paths below = is_root ? Paths(std::vector{output}) : output_paths(std::span(&url, 1), Output{output, true});
    if (!below) throw UsageError(below.error());
    const std::string named = is_root || options.output ? below->front() : below->front().substr(2);  // "./"
    batch.add_folder({servers[i], url, options.urls[i], options.output ? output : named, named});
  }
}

ExitCode to_standard_output(const GetOptions& options, const std::vector<client::Url>& urls, const Servers& servers) {
  if (options.recursive) throw UsageError("-o - is for a file, -r for folders");
  if (urls.size() != 1) throw UsageError("-o - is for one file: run torq get for each of them");
  if (urls.front().path.empty()) throw UsageError(options.urls.front() + ": it names no file");
  return fetch_to_standard_output(servers.front(), urls.front(), options.urls.front(), options.json);
}

ExitCode get(const GetOptions& options) {
  std::vector<client::Url> urls;
  for (const std::string& text : options.urls) urls.push_back(parse_url_argument(text));
  TrustRule trust(options.trust);
  Servers servers;
  for (const client::Url& url : urls) servers.push_back(client::server_of(url, trust.of(url)));
  if (options.output == "-") return to_standard_output(options, urls, servers);
  Batch batch({.parallel = options.parallel, .json = options.json, .progress = !options.no_progress});
  options.recursive ? add_folders(batch, options, urls, servers) : add_files(batch, options, urls, servers);
  return finish_output(batch.run());
}

constexpr const char* kGetFooter = R"(Examples:
  torq get quic://tracker.example/big.iso                    into ./big.iso
  torq get quic://tracker.example/big.iso -o /srv/iso/new.iso
  torq get quic://tracker.example/log.txt -o - | less        to standard output; the summary to standard error
  torq get quic://tracker.example/a%20b.txt quic://tracker.example/c.txt -o downloads
  torq get -r quic://tracker.example/photos                  the whole folder, into ./photos
  torq get -r quic://tracker.example -o mirror               all that the server lists, into ./mirror
  torq get quic://192.0.2.7:7001/x --pin sha256:6f7a…        a server with a certificate of its own

Until a file is there, checked and made durable it is NAME.torq-part; then it replaces what had its name. What is interrupted
(Ctrl-C, a lost connection) leaves NAME.torq-part and NAME.torq-resume, which says how much of which URL it is: the same
command goes on from there, if the server serves ranges and its file is still the same (its size, the last 16 KiB before that
place, 16 other places, its version and its SHA-256 where the server tells them); else it begins anew, and says so. A part that
cannot be used is removed. The room on the disk is looked at before the first byte is written.

Where -o is a symbolic link, what it leads to is replaced and the link stays; a folder is one to put the file into; a pipe, a
device or a socket is refused before anything is fetched. With -o - the file goes to standard output while it comes: nothing can
go on later, and only exit code 0 says that what came is the file. A list of numbers, from a server without extensions, may
describe 256 MiB; a server that sends less than 4 KiB in 30 s is given up.

With -r, only what can be a name here is taken, at most 100000 names and 32 folders deep. Files are fetched side by side, over
one connection for each server; where standard error is a terminal it shows how far they are. With --json, one line for each
file that was fetched, in the order of the URLs: {"url","path","bytes","seconds","sha256"}. The exit code is that of the worst
outcome; from bad to worse: 0, 3, 2, 1, 4, 5, 6, 8, 7.)";

}  // namespace

void add_get(Verb& command) {
  auto options = std::make_shared<GetOptions>();
  Verb verb = command.verb("get", "Fetch files and folders");
  verb.footer(kGetFooter);
  verb.option("URL", options->urls, "quic://host[:7001]/path, percent-encoded where needed").required().takes("");
  verb.option("-o,--output", options->output,
              "where to: a file's name, a folder that exists, or - for standard output (default: here, under the last "
              "part of the path); with -r, a folder")
      .takes("FILE|DIR");
  verb.flag("-r,--recursive", options->recursive, "the URLs are folders: fetch all that is in them");
  verb.option("--parallel", options->parallel, "so many files at once (default: 8)")
      .takes("N")
      .check(check_whole({1, 64}));
  verb.flag("--no-progress", options->no_progress, "do not show on a terminal how far it is");
  verb.flag("--json", options->json, "one JSON object per file on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return get(*options); });
}

}  // namespace torq::app
