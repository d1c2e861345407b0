// SPDX-License-Identifier: MIT
#pragma once
// What a `torq soak` has seen so far, in memory that does not grow, and how it is told. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "apps/torq/check/latencies.hpp"
#include "apps/torq/check/verdict.hpp"

namespace torq::app {

enum class Deed : std::uint8_t { kAnnounce, kDownload };

/// Of one kind of deed.
struct DeedFigures {
  Verdicts verdicts;
  Latencies latencies;  ///< of those that were OK
};

/// Bytes that a process has in memory.
struct MemoryCourse {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t most = 0;
  std::uint64_t most_files = 0;  ///< open ones, not bytes
};

struct SoakReport {
  DeedFigures announces;
  DeedFigures downloads;
  std::chrono::duration<double> took{};
  std::uint64_t bytes = 0;        ///< of files, that came
  std::uint64_t connections = 0;  ///< made
  MemoryCourse own;
  std::optional<MemoryCourse> server;

  DeedFigures& of(Deed deed) { return deed == Deed::kAnnounce ? announces : downloads; }
  /// It was tried, in vain, each time.
  bool never_ok(Deed deed) { return of(deed).verdicts[Verdict::kOk] == 0 && of(deed).verdicts[Verdict::kRetry] > 0; }
  std::uint64_t count(Verdict verdict) const { return announces.verdicts[verdict] + downloads.verdicts[verdict]; }
};

const char* name_of(Deed deed);

/// `{"summary":{…}}`, see docs/cli.md, "torq soak".
std::string encode_summary(const SoakReport& report);
std::string describe(const SoakReport& report);
/// One line for a terminal.
std::string describe_progress(const SoakReport& report, std::chrono::seconds left);

}  // namespace torq::app
