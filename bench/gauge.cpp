// SPDX-License-Identifier: MIT
#include "bench/gauge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace torq::bench {

void Histogram::add(Duration latency) {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(latency.count(), 1));
  const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
  const std::uint64_t step = power >= 6 ? (ns >> (power - 6)) - kSteps : (ns << (6 - power)) - kSteps;
  ++buckets_[power * kSteps + step];
  ++count_;
}

Duration Histogram::at(double share) const {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen == 0 || seen < wanted) continue;
    const double ns =
        static_cast<double>(std::uint64_t{1} << (i / kSteps)) * (1 + static_cast<double>(i % kSteps + 1) / kSteps);
    return Duration(static_cast<Duration::rep>(ns));
  }
  return {};
}

// The kernel's own sum of the time that each thread ran, in nanoseconds (Documentation/scheduler/sched-stats).
Gauge::Cpu Gauge::read_cpu() const {
  Cpu cpu;
  timespec own{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  cpu.own_ns = own.tv_sec * 1'000'000'000 + own.tv_nsec;
  if (server_ == 0) return cpu;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", server_))) {
    std::int64_t ran = 0;
    std::ifstream(thread.path() / "schedstat") >> ran;
    cpu.server_ns += ran;
  }
  return cpu;
}

void Gauge::begin(Instant now) {
  open_ = true;
  begun_ = now;
  cpu_ = read_cpu();
}

void Gauge::end(Instant now) {
  if (!open_) return;
  open_ = false;
  wall_ = now - begun_;
  const Cpu after = read_cpu();
  cpu_ = {after.server_ns - cpu_.server_ns, after.own_ns - cpu_.own_ns};
}

std::string Gauge::json() const {
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  const auto microseconds = [&](double share) { return static_cast<double>(latencies_.at(share).count()) / 1e3; };
  return fmt::format(R"("answers":{},"bytes":{},"errors":{},"seconds":{:.6f},"server_cpu":{:.6f},"load_cpu":{:.6f},)"
                     R"("p50_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},"p9999_us":{:.1f},"max_us":{:.1f})",
                     latencies_.count(), bytes_, errors_, seconds(wall_.count()), seconds(cpu_.server_ns),
                     seconds(cpu_.own_ns), microseconds(0.5), microseconds(0.99), microseconds(0.999),
                     microseconds(0.9999), microseconds(1));
}

}  // namespace torq::bench
