// SPDX-License-Identifier: MIT
#include "apps/torq/check/soak_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/torq/terminal/figures.hpp"

namespace torq::app {
namespace {

using Json = nlohmann::ordered_json;
using Seconds = std::chrono::duration<double>;

constexpr double kHalf = 0.5, kMost = 0.9, kNearlyAll = 0.99;

double seconds(Latencies::Microseconds time) { return Seconds(time).count(); }

Json encode(const DeedFigures& deed) {
  const Latencies& latencies = deed.latencies;
  return {{"ok", deed.verdicts[Verdict::kOk]},
          {"retry", deed.verdicts[Verdict::kRetry]},
          {"fail", deed.verdicts[Verdict::kFail]},
          {"warn", deed.verdicts[Verdict::kWarn]},
          {"p50", seconds(latencies.percentile(kHalf))},
          {"p90", seconds(latencies.percentile(kMost))},
          {"p99", seconds(latencies.percentile(kNearlyAll))},
          {"longest", seconds(latencies.most())}};
}

Json encode(const MemoryCourse& memory) {
  return {{"memory_first", memory.first},
          {"memory_last", memory.last},
          {"memory_peak", memory.most},
          {"open_files_peak", memory.most_files}};
}

std::string time_text(Latencies::Microseconds time) {
  if (time < std::chrono::seconds(1)) return fmt::format("{:.1f} ms", seconds(time) * 1000);
  return fmt::format("{:.2f} s", seconds(time));
}

std::string row(const char* name, const DeedFigures& deed) {
  const Verdicts& verdicts = deed.verdicts;
  return fmt::format("{:<10}{:>10}{:>8}{:>6}{:>6}{:>12}{:>12}{:>12}{:>12}\n", name, verdicts[Verdict::kOk],
                     verdicts[Verdict::kRetry], verdicts[Verdict::kFail], verdicts[Verdict::kWarn],
                     time_text(deed.latencies.percentile(kHalf)), time_text(deed.latencies.percentile(kMost)),
                     time_text(deed.latencies.percentile(kNearlyAll)), time_text(deed.latencies.most()));
}

std::string memory_line(const char* whose, const MemoryCourse& memory) {
  return fmt::format("{}: {} in memory, at first {}, at most {}; at most {} open files\n", whose,
                     human_bytes(memory.last), human_bytes(memory.first), human_bytes(memory.most), memory.most_files);
}

std::uint64_t bytes_per_second(const SoakReport& report) {
  const double time = report.took.count();
  return time > 0 ? static_cast<std::uint64_t>(static_cast<double>(report.bytes) / time) : 0;
}

// The first connection is none that was made again.
std::uint64_t reconnects(const SoakReport& report) { return report.connections > 0 ? report.connections - 1 : 0; }

}  // namespace

const char* name_of(Deed deed) { return deed == Deed::kAnnounce ? "announce" : "download"; }

std::string encode_summary(const SoakReport& report) {
  Json summary = {{"ok", report.count(Verdict::kOk)},      {"retry", report.count(Verdict::kRetry)},
                  {"fail", report.count(Verdict::kFail)},  {"warn", report.count(Verdict::kWarn)},
                  {"seconds", report.took.count()},        {"bytes", report.bytes},
                  {"reconnects", reconnects(report)},      {"announces", encode(report.announces)},
                  {"downloads", encode(report.downloads)}, {"client", encode(report.own)}};
  if (report.server) summary["server"] = encode(*report.server);
  return Json{{"summary", summary}}.dump();
}

std::string describe(const SoakReport& report) {
  std::string text = fmt::format("{:<10}{:>10}{:>8}{:>6}{:>6}{:>12}{:>12}{:>12}{:>12}\n", "", "OK", "RETRY", "FAIL",
                                 "WARN", "median", "90 %", "99 %", "longest");
  text += row("announces", report.announces) + row("downloads", report.downloads);
  text += fmt::format("{} in {} ({}/s), {} reconnects\n", human_bytes(report.bytes),
                      human_time(std::chrono::floor<std::chrono::seconds>(report.took)),
                      human_bytes(bytes_per_second(report)), reconnects(report));
  text += memory_line("client", report.own);
  if (report.server) text += memory_line("server", *report.server);
  return text;
}

std::string describe_progress(const SoakReport& report, std::chrono::seconds left) {
  const std::string server = report.server ? ", server " + human_bytes(report.server->last) : "";
  return fmt::format("{} OK, {} RETRY, {} FAIL, {} WARN; {}, {} reconnects{}; {} left", report.count(Verdict::kOk),
                     report.count(Verdict::kRetry), report.count(Verdict::kFail), report.count(Verdict::kWarn),
                     human_bytes(report.bytes), reconnects(report), server, human_time(left));
}

}  // namespace torq::app
