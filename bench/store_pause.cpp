// SPDX-License-Identifier: MIT
// How long a visit takes at worst while the store is busy with itself: a store of a million peers (half of them in one
// swarm, half in swarms of their own) is visited by one thread; meanwhile another does nothing, takes snapshots (with
// the pauses of a serving server and without), or expires everybody but the visitors. Prints a line for each.
//
// Wall-clock percentiles hold the pre-emptions by whatever else the machine does: the load is printed, and the first
// line is what to compare with. The steps of the copy are measured by their own thread's time: how long a lock is
// held when nobody interrupts.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <thread>

#include "torq/base/random.hpp"
#include "torq/swarm/snapshot.hpp"

namespace {

using namespace torq;
using namespace torq::swarm;

constexpr std::size_t kPeers = 1'000'000, kVisitors = 1'000;
constexpr Duration kLifetime = std::chrono::seconds(150);
constexpr auto kPhase = std::chrono::seconds(4);
constexpr auto kPause = std::chrono::microseconds(200);  // as apps/torq/state/snapshots.cpp

std::int64_t nanoseconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

InfoHash swarm_number(std::size_t n) {
  InfoHash hash;
  for (unsigned i = 0; i < 4; ++i) hash.bytes[i] = static_cast<std::byte>(n >> 8 * i);
  return hash;
}

tracker::Visit visit_of(std::size_t n) {
  const auto byte = [n](unsigned i) { return static_cast<std::byte>(n >> 8 * i); };
  const SocketAddress peer{IpAddress::v4({std::byte{9}, byte(2), byte(1), byte(0)}), 6881};
  return {swarm_number(n % 2 == 0 ? 0 : n), peer, n % 4 < 2 ? tracker::Role::kSeeder : tracker::Role::kLeecher, false,
          50};
}

class Times {
 public:
  void add(std::int64_t ns) { all_.push_back(ns); }
  std::string text() {
    std::ranges::sort(all_);
    const auto at = [&](double share) {
      return static_cast<double>(all_[static_cast<std::size_t>(static_cast<double>(all_.size() - 1) * share)]) / 1000;
    };
    return fmt::format("{:>9} times  p50 {:>6.1f}  p99 {:>6.1f}  p99.99 {:>8.1f}  most {:>8.1f} us", all_.size(),
                       at(.5), at(.99), at(.9999), at(1));
  }

 private:
  std::vector<std::int64_t> all_;
};

struct Bench {
  MemoryStore store{SipKey{{1, 2}}, kLifetime};
  Random random{1};
  Instant now{std::chrono::hours(1)};

  void fill() {
    for (std::size_t n = 0; n < kPeers; ++n) store.visit(now, visit_of(n), random, {});
  }

  void phase(const char* name, const std::function<void(const std::atomic<bool>&)>& work) {
    std::atomic<bool> over{false};
    std::thread other([&] { work(over); });
    Times times;
    std::vector<SocketAddress> recycled;
    for (const std::int64_t end = nanoseconds(CLOCK_MONOTONIC) + std::chrono::nanoseconds(kPhase).count();;) {
      const std::size_t n = random.below(kVisitors);
      const std::int64_t before = nanoseconds(CLOCK_MONOTONIC);
      auto reply = store.visit(now, visit_of(n), random, std::move(recycled));
      const std::int64_t after = nanoseconds(CLOCK_MONOTONIC);
      recycled = std::move(reply.peers);
      times.add(after - before);
      if (after > end) break;
    }
    over = true;
    other.join();
    fmt::print("{:<34} {}\n", name, times.text());
  }

  void snapshots(const std::atomic<bool>& over, bool gentle) {
    Times steps;
    std::size_t taken = 0, bytes = 0;
    for (; !over; ++taken) {
      SnapshotWriter writer(store, now, {});
      bytes = 0;
      for (;;) {
        const std::int64_t before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
        const std::size_t size = writer.next(now).size();
        steps.add(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before);
        bytes += size;
        if (size == 0 || over) break;
        if (gentle) std::this_thread::sleep_for(kPause);
      }
    }
    fmt::print("{:<34} {}; {} begun, {} bytes\n", "  its steps (own time)", steps.text(), taken, bytes);
  }

  void expire(const std::atomic<bool>& over) {
    Times steps;
    for (bool more = true; more && !over;) {
      const std::int64_t before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
      more = store.expire(now);
      steps.add(nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before);
    }
    fmt::print("{:<34} {}; {} peers left\n", "  its steps (own time)", steps.text(), store.figures().peers);
  }
};

}  // namespace

int main() {
  double load[1] = {0};
  ::getloadavg(load, 1);
  fmt::print("{} peers, {} cores, load {:.1f}\n", kPeers, std::thread::hardware_concurrency(), load[0]);
  Bench bench;
  bench.fill();
  bench.phase("visits, nothing else", [](const auto&) {});
  bench.phase("visits during gentle snapshots", [&](const auto& over) { bench.snapshots(over, true); });
  bench.phase("visits during hasty snapshots", [&](const auto& over) { bench.snapshots(over, false); });
  // Everybody but the visitors grows old; a pass over all begins each sixteenth of a lifetime.
  for (int i = 0; i < 60; ++i) {
    bench.now += kLifetime / 64;
    while (bench.store.expire(bench.now)) continue;
  }
  bench.now += kLifetime / 8;
  bench.phase("visits while a million expire", [&](const auto& over) { bench.expire(over); });
}
