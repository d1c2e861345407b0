// SPDX-License-Identifier: MIT
#include "apps/torq/state/snapshots.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <vector>

#include "torq/base/hex.hpp"
#include "torq/files/atomic_file.hpp"
#include "torq/files/small_file.hpp"
#include "torq/net/clock.hpp"
#include "torq/swarm/snapshot.hpp"

namespace torq::app {
namespace {

using swarm::SnapshotBlock;
using swarm::SnapshotError;

// A block holds a shard's lock for some twenty microseconds: this keeps a worker from meeting it often.
constexpr auto kPause = std::chrono::microseconds(200);
constexpr std::size_t kMaxSnapshotFile = std::size_t{4} << 30;  // ten times what the default limits of a store come to
constexpr std::size_t kBlocksPerThread = 64;                    // fewer do not pay for a thread

std::array<std::byte, 16> read_boot_id() {
  std::array<std::byte, 16> id{};
  auto text = files::read_file("/proc/sys/kernel/random/boot_id", 64);
  if (!text) return id;
  std::erase_if(*text, [](char c) { return c == '-' || c == '\n'; });
  if (!from_hex(*text, id)) id = {};
  return id;
}

/// Calls `work(n)` for all n below `count`.
template <class Work>
void share_work(std::size_t count, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t n = next++; n < count; n = next++) work(n);
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, count / kBlocksPerThread); ++i) others.emplace_back(take);
  take();
}

struct Parsed {
  swarm::SnapshotHeader header;
  std::vector<SnapshotBlock> blocks;  // views into the file
};

Result<Parsed, SnapshotError> parse(Bytes file, unsigned threads) {
  const auto cut = swarm::cut_snapshot(file);
  if (!cut) return Failure(cut.error());
  Parsed parsed{cut->header, std::vector<SnapshotBlock>(cut->blocks.size())};
  std::atomic<int> fault{-1};
  share_work(cut->blocks.size(), threads, [&](std::size_t n) {
    const auto block = cut->block(n);
    if (block) {
      parsed.blocks[n] = *block;
    } else {
      fault = static_cast<int>(block.error());
    }
  });
  if (fault >= 0) return Failure(static_cast<SnapshotError>(fault.load()));
  return parsed;
}

std::string set_aside(const std::string& path, SnapshotError fault) {
  const std::string aside = path + ".bad";
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  const std::string fate = error ? "cannot be moved (" + error.message() + ")" : "is now " + aside;
  return "the snapshot of the swarms, " + path + ", is broken (" + std::string(text_of(fault)) + ") and " + fate +
         "; swarms begin empty";
}

}  // namespace

swarm::SnapshotClock read_snapshot_clock() {
  swarm::SnapshotClock clock;
  clock.unix_time = std::chrono::system_clock::now().time_since_epoch();
  timespec boot{};
  if (::clock_gettime(CLOCK_BOOTTIME, &boot) == 0) {
    clock.since_boot = std::chrono::seconds(boot.tv_sec) + Duration(boot.tv_nsec);
    clock.boot_id = read_boot_id();
  }
  return clock;
}

Result<void, std::string> write_snapshot(swarm::MemoryStore& store, const std::string& path,
                                         const std::atomic<Pace>& pace, const std::atomic<bool>& abandoned,
                                         const files::WriteCalls& calls) {
  const auto failed = [](const files::SystemError& error) {
    return Failure("no snapshot of the swarms was written: " + to_string(error));
  };
  auto file = files::AtomicFile::create(path, files::Mode::kPrivate, calls);
  if (!file) return failed(file.error());
  swarm::SnapshotWriter writer(store, net::monotonic_now(), read_snapshot_clock());
  for (Bytes part = writer.next(net::monotonic_now()); !part.empty(); part = writer.next(net::monotonic_now())) {
    if (abandoned) return {};
    if (const auto written = file->append(part); !written) return failed(written.error());
    if (pace == Pace::kGentle) std::this_thread::sleep_for(kPause);
  }
  if (const auto done = file->commit(); !done) return failed(done.error());
  return {};
}

// A snapshot from the future (no boot in common, and a clock that was set back) tells ages but not when. Half a
// lifetime is then taken to have passed: who is alive announces before the other half is over, who is not is gone soon.
std::optional<std::string> load_snapshot(swarm::MemoryStore& store, const std::string& path, Duration lifetime,
                                         const swarm::SnapshotClock& clock, unsigned threads) {
  files::remove_leftovers(path);
  const auto file = files::read_file(path, kMaxSnapshotFile);
  if (!file) {
    if (file.error().code == std::errc::no_such_file_or_directory) return {};
    return "the snapshot of the swarms cannot be used: " + to_string(file.error()) + "; swarms begin empty";
  }
  const auto parsed = parse(as_bytes(*file), threads);
  if (!parsed) return set_aside(path, parsed.error());
  const Duration downtime = time_between(parsed->header.clock, clock, lifetime).value_or(lifetime / 2);
  if (downtime > lifetime) return {};
  const Instant now = net::monotonic_now();
  share_work(parsed->blocks.size(), threads,
             [&](std::size_t n) { store.restore(now, downtime, parsed->header, parsed->blocks[n]); });
  return {};
}

Snapshots::Snapshots(swarm::MemoryStore& store, std::string path, std::function<void(const std::string&)> warn)
    : store_(store), path_(std::move(path)), warn_(std::move(warn)) {}

Snapshots::~Snapshots() {
  abandon();
  if (thread_.joinable()) thread_.join();
}

void Snapshots::start(std::chrono::seconds period) {
  is_over_ = false;
  thread_ = std::thread([this, period] { run(period); });
}

void Snapshots::finish(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_over_) {
      done_ = std::move(done);
      pace_ = Pace::kFull;
      wake_.notify_one();
      return;
    }
  }
  done();
}

void Snapshots::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  wake_.notify_one();
}

void Snapshots::run(std::chrono::seconds period) {
  std::unique_lock lock(mutex_);
  for (bool is_last = false; !abandoned_ && !is_last;) {
    wake_.wait_for(lock, period, [this] { return done_ || abandoned_; });
    is_last = static_cast<bool>(done_);
    lock.unlock();
    if (!abandoned_) save();
    lock.lock();
  }
  is_over_ = true;
  const std::function<void()> done = std::move(done_);
  lock.unlock();
  if (done) done();
}

void Snapshots::save() {
  const auto written = write_snapshot(store_, path_, pace_, abandoned_, calls_);
  const std::string failure = written ? "" : written.error();
  if (!failure.empty() && failure != last_failure_) warn_(failure);
  last_failure_ = failure;
}

}  // namespace torq::app
