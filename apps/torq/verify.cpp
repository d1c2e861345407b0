// SPDX-License-Identifier: MIT
// torq verify: does a server serve what it should? Each file of a folder here is fetched once and compared; nothing is
// written. The verdicts are those of the quick test of the protocol's first document.

#include <fmt/format.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/check/reference.hpp"
#include "apps/torq/check/verdict.hpp"
#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/command/whole_number.hpp"
#include "apps/torq/download/remote_folder.hpp"
#include "apps/torq/terminal/style.hpp"
#include "torq/client/client.hpp"
#include "torq/files/file_name.hpp"

namespace torq::app {
namespace {

struct VerifyOptions {
  std::string url;
  std::string reference;
  std::size_t parallel = 8;
  TrustOptions trust;
  bool json = false;
};

struct Item {
  std::string name;
  std::shared_ptr<Reference> reference = {};
  std::chrono::steady_clock::time_point begun = {};
  std::optional<Verdict> verdict = {};  ///< once it is known
  std::uint64_t bytes = 0;              ///< that came
  std::chrono::duration<double> took{};
  std::string reason = {};
};

/// One command. Main thread, but for what is handed to the client.
class Verification {
 public:
  Verification(const VerifyOptions& options, const std::vector<std::string>& names);

  ExitCode run();

 private:
  using Outcome = Result<client::Fetched, client::Error>;

  void start_some();
  void start(std::size_t index);
  void fetch(std::size_t index);
  void judge(std::size_t index, const Outcome& outcome);
  void settle(std::size_t index, Verdict verdict, std::string reason);
  void stop(const client::Error& error);
  void look_for_more();
  void show_in_order();
  void show(const Item& item);
  void summarize() const;
  ExitCode code() const;

  const VerifyOptions& options_;
  const client::Url url_;
  const client::Server server_;
  std::deque<Item> items_;   // sorted by name, what only the server has behind them
  const std::size_t known_;  // of items_
  std::size_t next_ = 0;
  std::size_t active_ = 0;
  std::size_t shown_ = 0;
  Verdicts counts_;
  std::optional<ExitCode> stopped_;
  std::unique_ptr<RemoteWalk> walk_;
  const Style style_ = style_of(STDOUT_FILENO);
  Foreground foreground_;
  client::Client client_{client_options()};  // ends before the foreground that it posts to
};

Verification::Verification(const VerifyOptions& options, const std::vector<std::string>& names)
    : options_(options),
      url_(parse_folder_url(options.url)),
      server_(client::server_of(url_, resolve_trust(options.trust, url_))),
      known_(names.size()) {
  for (const std::string& name : names) items_.push_back({name});
}

ExitCode Verification::run() {
  start_some();
  const bool whole = foreground_.run();
  if (stopped_) return *stopped_;
  if (!whole) std::cerr << fmt::format("torq: interrupted: {} of {} files were looked at\n", shown_, items_.size());
  summarize();
  return whole ? code() : ExitCode::kInterrupted;
}

// One file -----------------------------------------------------------------------------------------------------------

void Verification::start_some() {
  while (active_ < options_.parallel && next_ < known_) start(next_++);
  if (active_ == 0 && next_ == known_ && !walk_) look_for_more();
}

void Verification::start(std::size_t index) {
  Item& item = items_[index];
  ++active_;
  item.begun = std::chrono::steady_clock::now();
  item.reference = std::make_shared<Reference>(options_.reference + "/" + item.name);
  foreground_.post([this, index] { fetch(index); });
}

void Verification::fetch(std::size_t index) {
  Item& item = items_[index];
  if (!files::is_utf8(item.name)) return settle(index, Verdict::kWarn, "a name that is not UTF-8 cannot be asked for");
  const auto opened = item.reference->open();
  if (!opened) return settle(index, Verdict::kWarn, "no reference: " + opened.error());
  client_.fetch(server_, join_names(url_.path, item.name), item.reference, [this, index](Outcome result) {
    foreground_.post([this, index, outcome = std::move(result)] { judge(index, outcome); });
  });
}

void Verification::judge(std::size_t index, const Outcome& outcome) {
  if (stopped_) return;
  Item& item = items_[index];
  item.bytes = item.reference->received();
  if (!outcome) {
    const client::Error& error = outcome.error();
    if (const auto& excess = item.reference->excess()) return settle(index, Verdict::kFail, *excess);
    if (concerns_all(error)) return stop(error);
    return settle(index, verdict_on(error), error.text());
  }
  const auto difference = item.reference->difference(*outcome);
  settle(index, difference ? Verdict::kFail : Verdict::kOk, difference.value_or(""));
}

void Verification::settle(std::size_t index, Verdict verdict, std::string reason) {
  Item& item = items_[index];
  item.took = std::chrono::steady_clock::now() - item.begun;
  item.verdict = verdict;
  item.reason = std::move(reason);
  item.reference.reset();
  --active_;
  show_in_order();
  start_some();
}

void Verification::stop(const client::Error& error) {
  complain(options_.url, error);
  stopped_ = exit_code_of(error);
  foreground_.finish();
}

// What only the server has -------------------------------------------------------------------------------------------

void Verification::look_for_more() {
  RemoteWalk::Calls calls;
  calls.folder = [](const std::string&) {};
  calls.file = [this](const std::string& path, std::uint64_t) {
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(known_);
    if (std::ranges::binary_search(items_.begin(), end, path, {}, &Item::name)) return;
    items_.push_back({path});
    items_.back().verdict = Verdict::kWarn;
    items_.back().reason = "no reference: only the server has it";
    show_in_order();
  };
  calls.skipped = [this](const std::string& text) {
    std::cerr << "torq: " << shown(options_.url + ": " + text) << '\n';
  };
  calls.failed = [this](const std::string& path, const client::Error& error) {
    // Without the extension there is nothing to look at; a folder that is not there holds nothing more.
    if (error.kind == client::ErrorKind::kUnsupported || exit_code_of(error) == ExitCode::kNotFound) return;
    complain(path.empty() ? options_.url : options_.url + "/" + client::tame(path), error);
  };
  calls.end = [this] { foreground_.finish(); };
  walk_ = std::make_unique<RemoteWalk>(client_, foreground_, server_, url_.path, std::move(calls));
  walk_->start();
}

// Telling ------------------------------------------------------------------------------------------------------------

void Verification::show_in_order() {
  while (shown_ < items_.size() && items_[shown_].verdict) show(items_[shown_++]);
  if (!std::cout.flush()) foreground_.finish();
}

void Verification::show(const Item& item) {
  counts_.add(*item.verdict);
  if (options_.json) {
    const nlohmann::ordered_json line = {{"file", item.name},
                                         {"result", name_of(*item.verdict)},
                                         {"bytes", item.bytes},
                                         {"seconds", item.took.count()},
                                         {"reason", item.reason}};
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  const std::string more =
      item.reason.empty() ? fmt::format("{} bytes in {:.2f} s", item.bytes, item.took.count()) : item.reason;
  std::cout << fmt::format("{}  {}: {}\n", paint(style_, *item.verdict), shown(item.name), shown(more));
}

void Verification::summarize() const {
  const std::uint64_t ok = counts_[Verdict::kOk], retry = counts_[Verdict::kRetry], fail = counts_[Verdict::kFail],
                      warn = counts_[Verdict::kWarn];
  if (options_.json) {
    const nlohmann::ordered_json summary = {{"ok", ok}, {"retry", retry}, {"fail", fail}, {"warn", warn}};
    std::cout << nlohmann::ordered_json{{"summary", summary}}.dump() << '\n';
    return;
  }
  std::cout << fmt::format("{} OK, {} RETRY, {} FAIL, {} WARN\n", ok, retry, fail, warn);
}

ExitCode Verification::code() const {
  if (counts_[Verdict::kFail] > 0) return ExitCode::kVerificationFailed;
  return counts_[Verdict::kRetry] > 0 ? ExitCode::kNetwork : ExitCode::kOk;
}

ExitCode verify(const VerifyOptions& options) {
  const auto names = find_files(options.reference);
  if (!names) throw UsageError("--reference", names.error());
  if (names->empty()) throw UsageError("--reference", options.reference + ": there is no file in it");
  Verification verification(options, *names);
  return finish_output(verification.run());
}

constexpr const char* kVerifyFooter = R"(Examples:
  torq verify quic://tracker.example --reference seed
  torq verify quic://tracker.example/photos --reference ~/photos --json
  torq verify quic://192.0.2.7:7001 --reference seed --pin sha256:6f7a…

Fetches each file of DIR once, from the same place below the URL, and compares SHA-256; nothing is written. What is longer than
it should be is not fetched to its end. One line for each file, in the order of their names, and a summary:
  OK     the same bytes
  RETRY  no connection, or it was lost, after some tries: the server may be down
  FAIL   other bytes, or an error instead of the file
  WARN   no reference: it cannot be read here, or only the server lists it
With --json, an object for each file, {"file","result","bytes","seconds","reason"}, reason being empty with OK, and at last
{"summary":{"ok","retry","fail","warn"}}. Works with servers without extensions, too: those list nothing. Exit code 5 with a
FAIL, 4 with a RETRY, else 0; 6 when the certificate was refused.)";

}  // namespace

void add_verify(Verb& command) {
  auto options = std::make_shared<VerifyOptions>();
  Verb verb = command.verb("verify", "Hold a server's files against a folder");
  verb.footer(kVerifyFooter);
  verb.option("URL", options->url, "quic://host[:7001][/folder]").required().takes("");
  verb.option("--reference", options->reference, "the folder with the files as they should be").required().takes("DIR");
  verb.option("--parallel", options->parallel, "so many files at once (default: 8)")
      .takes("N")
      .check(check_whole({1, 64}));
  verb.flag("--json", options->json, "one JSON object per file on standard output, and a summary");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return verify(*options); });
}

}  // namespace torq::app
