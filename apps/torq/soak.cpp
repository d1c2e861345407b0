// SPDX-License-Identifier: MIT
// torq soak: announces and downloads side by side for as long as is wished, every byte compared with a folder here: the
// soak test of the protocol's first document. What it holds in memory does not grow with its time.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/check/reference.hpp"
#include "apps/torq/check/server_process.hpp"
#include "apps/torq/check/soak_report.hpp"
#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/command/whole_number.hpp"
#include "apps/torq/download/remote_folder.hpp"
#include "apps/torq/log/line_limit.hpp"
#include "apps/torq/server/process_figures.hpp"
#include "apps/torq/terminal/progress.hpp"
#include "torq/client/client.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kPauseAfterRetry = std::chrono::seconds(1);
constexpr auto kMemoryPeriod = std::chrono::seconds(2);
// Of each verdict but OK; what has no line is in the counts.
constexpr LineRule kLines{.lines = 10, .stretch = std::chrono::seconds(60)};

// Few, so that peers meet and a server's limits per address are not what is tested.
constexpr std::uint64_t kSwarms = 16;
constexpr std::uint64_t kPorts = 8;
constexpr std::int64_t kWanted = 30;
constexpr const char* kPeerId = "-TQ0100-soaksoaksoak";

struct SoakOptions {
  std::string url;
  std::string reference;
  std::optional<std::uint64_t> hours;
  std::optional<std::uint64_t> seconds;
  std::size_t parallel = 8;
  std::optional<std::string> state;
  std::optional<std::uint64_t> server_pid;
  TrustOptions trust;
  bool json = false;

  std::chrono::seconds duration() const {
    constexpr std::uint64_t kUsualHours = 12;
    return seconds ? std::chrono::seconds(*seconds) : std::chrono::hours(hours.value_or(kUsualHours));
  }
};

/// One command. Main thread, but for what is handed to the client.
class Soak {
 public:
  Soak(const SoakOptions& options, std::vector<std::string> names);

  ExitCode run();

 private:
  /// One after the other: a download, an announce, and so on.
  struct Lane {
    Deed deed = Deed::kDownload;
    std::string subject = {};  ///< a file's name, or an info hash
    std::shared_ptr<Reference> reference = {};
    Clock::time_point begun = {};
    std::optional<Clock::time_point> paused_until = {};
  };
  struct Judgement {
    Verdict verdict = Verdict::kOk;
    std::string reason = {};
  };

  void go_on(Lane& lane);
  void announce(Lane& lane);
  void download(Lane& lane);
  void judge(Lane& lane, const tracker::Announce& announce, const Result<tracker::AnnounceReply, client::Error>& reply);
  void judge(Lane& lane, const Result<client::Fetched, client::Error>& fetched);
  void fail(Lane& lane, const client::Error& error);
  void settle(Lane& lane, const Judgement& judgement);
  void tell(const Lane& lane, const Judgement& judgement);
  void give_up_unfinished();
  void tick();
  void look_at_memory(Clock::time_point now);
  void end();
  ExitCode code(bool whole);

  const SoakOptions& options_;
  const std::vector<std::string> names_;
  const client::Url url_;
  const client::Server server_;
  Random random_;
  std::vector<Lane> lanes_;
  SoakReport report_;
  LineLimit lines_{kLines};
  ServerProcess server_process_;
  std::optional<ExitCode> stopped_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point memory_due_ = begun_;
  ProgressLine progress_;
  const Style style_ = style_of(STDOUT_FILENO);
  Foreground foreground_;
  client::Client client_{client_options()};  // ends before the foreground that it posts to
};

std::uint64_t draw_seed() {
  net::SystemEntropy entropy;
  return net::draw_seed(entropy);
}

Soak::Soak(const SoakOptions& options, std::vector<std::string> names)
    : options_(options),
      names_(std::move(names)),
      url_(parse_folder_url(options.url)),
      server_(client::server_of(url_, resolve_trust(options.trust, url_))),
      random_(draw_seed()),
      lanes_(options.parallel),
      server_process_(url_.host, options.state, options.server_pid),
      progress_(!options.json) {}

ExitCode Soak::run() {
  for (Lane& lane : lanes_) foreground_.post([this, &lane] { go_on(lane); });
  foreground_.every(kTick, [this] { tick(); });
  const bool whole = foreground_.run();
  progress_.clear();
  if (stopped_) return *stopped_;
  if (whole) give_up_unfinished();
  end();
  return code(whole);
}

// One deed -----------------------------------------------------------------------------------------------------------

void Soak::go_on(Lane& lane) {
  if (stopped_) return;
  lane.paused_until.reset();
  lane.deed = lane.deed == Deed::kAnnounce ? Deed::kDownload : Deed::kAnnounce;
  lane.begun = Clock::now();
  lane.deed == Deed::kAnnounce ? announce(lane) : download(lane);
}

void Soak::announce(Lane& lane) {
  constexpr std::array kEvents = {tracker::AnnounceEvent::kNone, tracker::AnnounceEvent::kStarted,
                                  tracker::AnnounceEvent::kCompleted, tracker::AnnounceEvent::kStopped};
  tracker::Announce announce;
  lane.subject = fmt::format("{:040x}", 0x50a4 + random_.below(kSwarms));
  announce.info_hash = parse_info_hash(lane.subject).value();
  announce.port = static_cast<std::uint16_t>(40'000 + random_.below(kPorts));
  announce.event = kEvents[random_.below(kEvents.size())];
  announce.left = announce.event == tracker::AnnounceEvent::kCompleted ? 0 : random_.below(2);
  announce.numwant = kWanted;
  client_.announce(server_, {announce, kPeerId}, [this, &lane, announce](auto result) {
    foreground_.post([this, &lane, announce, reply = std::move(result)] { judge(lane, announce, reply); });
  });
}

void Soak::download(Lane& lane) {
  lane.subject = names_[random_.below(names_.size())];
  lane.reference = std::make_shared<Reference>(options_.reference + "/" + lane.subject);
  if (const auto opened = lane.reference->open(); !opened) {
    lane.reference.reset();
    return settle(lane, {Verdict::kWarn, "no reference: " + opened.error()});
  }
  client_.fetch(server_, join_names(url_.path, lane.subject), lane.reference, [this, &lane](auto result) {
    foreground_.post([this, &lane, fetched = std::move(result)] { judge(lane, fetched); });
  });
}

void Soak::judge(Lane& lane, const tracker::Announce& announce,
                 const Result<tracker::AnnounceReply, client::Error>& reply) {
  if (!reply) return fail(lane, reply.error());
  const bool there = announce.event != tracker::AnnounceEvent::kStopped;
  const std::uint64_t same_role = announce.left == 0 ? reply->complete : reply->incomplete;
  if (there && same_role == 0) return settle(lane, {Verdict::kFail, "announced, but not counted"});
  if (reply->peers.size() > static_cast<std::size_t>(kWanted)) {
    return settle(lane, {Verdict::kFail, fmt::format("{} peers, asked for {}", reply->peers.size(), kWanted)});
  }
  settle(lane, {});
}

void Soak::judge(Lane& lane, const Result<client::Fetched, client::Error>& fetched) {
  report_.bytes += lane.reference->received();
  const std::shared_ptr<Reference> reference = std::move(lane.reference);
  if (!fetched) return fail(lane, fetched.error());
  const auto difference = reference->difference(*fetched);
  settle(lane, {difference ? Verdict::kFail : Verdict::kOk, difference.value_or("")});
}

void Soak::fail(Lane& lane, const client::Error& error) {
  if (stopped_) return;
  if (!concerns_all(error)) return settle(lane, {verdict_on(error), error.text()});
  progress_.clear();
  complain(options_.url, error);
  stopped_ = exit_code_of(error);
  foreground_.finish();
}

void Soak::settle(Lane& lane, const Judgement& judgement) {
  if (stopped_) return;
  const Clock::time_point now = Clock::now();
  DeedFigures& figures = report_.of(lane.deed);
  figures.verdicts.add(judgement.verdict);
  if (judgement.verdict == Verdict::kOk) {
    figures.latencies.add(std::chrono::duration_cast<Latencies::Microseconds>(now - lane.begun));
    return foreground_.post([this, &lane] { go_on(lane); });
  }
  tell(lane, judgement);
  lane.paused_until = now + kPauseAfterRetry;  // tick() goes on with it
}

// A deed that time cut off says nothing, as long as others of its kind came to their end. Where none ever did, the
// server never answered.
void Soak::give_up_unfinished() {
  const std::array never = {report_.announces.verdicts[Verdict::kOk] == 0,
                            report_.downloads.verdicts[Verdict::kOk] == 0};
  for (const Lane& lane : lanes_) {
    const bool is_under_way = !lane.subject.empty() && !lane.paused_until;
    if (!is_under_way || !never[static_cast<std::size_t>(lane.deed)]) continue;
    report_.of(lane.deed).verdicts.add(Verdict::kRetry);
    tell(lane,
         {Verdict::kRetry, fmt::format("still under way when time was up, and no {} was ever OK", name_of(lane.deed))});
  }
}

// Telling ------------------------------------------------------------------------------------------------------------

void Soak::tell(const Lane& lane, const Judgement& judgement) {
  const Instant now = net::monotonic_now();
  lines_.take_unsaid(now);  // the counts tell
  if (!lines_.admit(now, name_of(judgement.verdict))) return;
  const auto at = std::chrono::duration<double>(Clock::now() - begun_).count();
  progress_.clear();
  if (options_.json) {
    const nlohmann::ordered_json line = {{"result", name_of(judgement.verdict)},
                                         {"operation", name_of(lane.deed)},
                                         {"subject", lane.subject},
                                         {"at", at},
                                         {"reason", judgement.reason}};
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  } else {
    std::cout << fmt::format("{}  {:.1f} s: {} {}: {}", paint(style_, judgement.verdict), at, name_of(lane.deed),
                             shown(lane.subject), shown(judgement.reason))
              << std::endl;
  }
}

void Soak::tick() {
  const Clock::time_point now = Clock::now();
  report_.took = now - begun_;
  report_.connections = client_.connections().connected;
  look_at_memory(now);
  for (Lane& lane : lanes_) {
    if (lane.paused_until && now >= *lane.paused_until) go_on(lane);
  }
  const auto left = options_.duration() - std::chrono::floor<std::chrono::seconds>(report_.took);
  progress_.draw_text(describe_progress(report_, std::max(left, std::chrono::seconds(0))));
  if (report_.took >= options_.duration() || !std::cout) foreground_.finish();
}

void Soak::look_at_memory(Clock::time_point now) {
  if (now < memory_due_) return;
  memory_due_ = now + kMemoryPeriod;
  const auto note = [](MemoryCourse& course, const ProcessFigures& figures) {
    course.last = figures.resident;
    if (course.first == 0) course.first = figures.resident;
    course.most = std::max(course.most, figures.resident);
    course.most_files = std::max(course.most_files, figures.open_files);
  };
  if (const auto own = read_process_figures(::getpid())) note(report_.own, *own);
  if (const auto server = server_process_.figures()) {
    if (!report_.server) report_.server.emplace();
    note(*report_.server, *server);
  }
}

void Soak::end() {
  report_.took = Clock::now() - begun_;
  memory_due_ = begun_;
  look_at_memory(Clock::now());
  std::cout << (options_.json ? encode_summary(report_) + "\n" : describe(report_));
}

ExitCode Soak::code(bool whole) {
  if (report_.count(Verdict::kFail) > 0) return ExitCode::kVerificationFailed;
  if (!whole) return ExitCode::kInterrupted;
  const bool some = report_.count(Verdict::kOk) > 0;
  return some && !report_.never_ok(Deed::kAnnounce) && !report_.never_ok(Deed::kDownload) ? ExitCode::kOk
                                                                                          : ExitCode::kNetwork;
}

ExitCode soak(const SoakOptions& options) {
  auto names = find_files(options.reference);
  if (!names) throw UsageError("--reference", names.error());
  if (names->empty()) throw UsageError("--reference", options.reference + ": there is no file in it");
  Soak run(options, std::move(*names));
  return finish_output(run.run());
}

constexpr const char* kSoakFooter = R"(Examples:
  torq soak quic://tracker.example --reference seed
  torq soak quic://localhost --reference seed --seconds 60 --parallel 16 --pin sha256:6f7a…
  torq soak quic://localhost --reference seed --hours 72 --state /var/lib/torq --json > soak.jsonl

Announces peers and fetches the files of DIR from the same place below the URL, over and over, and compares every byte:
  OK     as it should be
  RETRY  no connection, or it was lost, after some tries: the server may be down
  FAIL   other bytes, an error instead of the answer, or a peer that was not counted
  WARN   no reference: it cannot be read here
Each that is not OK has a line (ten of each kind in a minute), the end a table, or with --json a last line
{"summary":{"ok","retry","fail","warn",…}}. The memory of a server of this machine is told, too: it is found by --server-pid, or
through the status socket in --state. What is under way when time is up does not count, but
is a RETRY when none of its kind (announces, downloads) was ever OK. Exit code 5 with a FAIL, 4 when all of one kind were RETRY or
nothing was OK, 6 when the certificate was refused, 7 when it was interrupted, else 0.)";

void add_extent(Verb& verb, SoakOptions& options) {
  Option hours =
      verb.option("--hours", options.hours, "so long (default: 12)").takes("N").check(check_whole({1, 100'000}));
  verb.option("--seconds", options.seconds, "or so long").takes("N").check(check_whole({1, 100'000})).excludes(hours);
  verb.option("--parallel", options.parallel, "so much at once (default: 8)").takes("N").check(check_whole({1, 64}));
  verb.option("--server-pid", options.server_pid, "process of the server, to watch its memory")
      .takes("PID")
      .check(check_whole({1, INT32_MAX}));
  verb.option("--state", options.state,
              "the same by its state directory (default: for a server on localhost, the usual one)")
      .takes("DIR");
}

}  // namespace

void add_soak(Verb& command) {
  auto options = std::make_shared<SoakOptions>();
  Verb verb = command.verb("soak", "Announce and fetch for hours, and compare every byte");
  verb.footer(kSoakFooter);
  verb.option("URL", options->url, "quic://host[:7001][/folder]").required().takes("");
  verb.option("--reference", options->reference, "the folder with the files as they should be").required().takes("DIR");
  add_extent(verb, *options);
  verb.flag("--json", options->json, "JSON objects on standard output: what was not OK, and a summary");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return soak(*options); });
}

}  // namespace torq::app
