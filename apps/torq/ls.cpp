// SPDX-License-Identifier: MIT
// torq ls: what a folder of a server holds.

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/download/remote_folder.hpp"
#include "apps/torq/terminal/figures.hpp"

namespace torq::app {
namespace {

struct LsOptions {
  std::string url;
  TrustOptions trust;
  bool json = false;
};

// Someone waits for the end of the list, or has a disk for it.
constexpr std::size_t kMostEntries = 1'000'000;

void show_to_people(const wire::ListEntry& entry) {
  const bool is_folder = entry.type == wire::EntryType::kFolder;
  constexpr std::size_t kLongestName = 1024;
  std::cout << fmt::format("{:>8}  {}{}\n", is_folder ? "-" : human_bytes(entry.size),
                           client::tame(entry.name, kLongestName), is_folder ? "/" : "");
}

void show_as_json(client::Url folder, const wire::ListEntry& entry) {
  folder.path = join_names(folder.path, entry.name);
  const nlohmann::ordered_json line = {{"url", client::to_string(folder)},
                                       {"name", entry.name},
                                       {"type", entry.type == wire::EntryType::kFolder ? "folder" : "file"},
                                       {"size", entry.size}};
  std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

client::Error faulty(const std::string& text) { return {client::ErrorKind::kFaulty, "", text, "", ""}; }

client::Error senseless_names(std::size_t count) {
  return faulty(
      fmt::format("{} name{} left out: nothing in a folder can have such a name", count, count == 1 ? " is" : "s are"));
}

client::Error too_many() { return faulty(fmt::format("more than {} names: the rest is left out", kMostEntries)); }

ExitCode ls(const LsOptions& options) {
  client::Url url = parse_url_argument(options.url);
  while (url.path.ends_with('/')) url.path.pop_back();
  const client::Trust trust = resolve_trust(options.trust, url);
  Foreground foreground;
  ExitCode code = ExitCode::kOk;
  std::size_t seen = 0, left_out = 0;
  client::Client client(client_options());  // ends before the foreground that it posts to
  const auto show = [&](const std::vector<wire::ListEntry>& entries) {
    for (const wire::ListEntry& entry : entries) {
      if (++seen > kMostEntries) return false;
      if (!is_segment(entry.name)) {
        ++left_out;
      } else {
        options.json ? show_as_json(url, entry) : show_to_people(entry);
      }
    }
    if (!std::cout.flush()) foreground.finish();
    return true;
  };
  const auto end = [&](std::optional<client::Error> error) {
    foreground.finish();
    if (left_out > 0) complain(options.url, senseless_names(left_out));
    if (left_out > 0) code = ExitCode::kOther;
    if (!error && seen > kMostEntries) error = too_many();
    if (!error) return;
    code = worse(code, exit_code_of(*error));
    if (error->kind == client::ErrorKind::kUnsupported) error->advice = "get a file by its name: torq get URL/FILE";
    if (exit_code_of(*error) == ExitCode::kNotFound)
      error->advice = "ls shows folders; get a file by its name: torq get URL/FILE";
    complain(options.url, *error);
  };
  read_folder(client, foreground, client::server_of(url, trust), url.path, {show, end});
  return foreground.run() ? finish_output(code) : ExitCode::kInterrupted;
}

constexpr const char* kLsFooter = R"(Examples:
  torq ls quic://tracker.example
  torq ls quic://tracker.example/photos/2026
  torq ls quic://tracker.example/photos --json --pin sha256:6f7a…

One line for each file and folder, sorted by the bytes of their names; a folder ends with a slash. With --json, one object for
each: {"url","name","type","size"}: type is file or folder, size is in bytes and 0 for a folder. A server without the
extension list is an error (exit code 1), a folder that is not there exit code 3. At most 1000000 names are shown, and none that
leads elsewhere (empty, "." or "..", one with a slash): what is left out is told of, with exit code 1.)";

}  // namespace

void add_ls(Verb& command) {
  auto options = std::make_shared<LsOptions>();
  Verb verb = command.verb("ls", "List a folder of a server");
  verb.footer(kLsFooter);
  verb.option("URL", options->url, "quic://host[:7001][/folder]").required().takes("");
  verb.flag("--json", options->json, "one JSON object per entry on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return ls(*options); });
}

}  // namespace torq::app
