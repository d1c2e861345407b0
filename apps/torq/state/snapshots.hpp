// SPDX-License-Identifier: MIT
#pragma once
// The file `swarms` in a server's state directory (0600), from which it gets its swarms back after a restart. This
// writes and reads the file; what is in it is swarm/snapshot_format.hpp's. The file is always whole: a new one is made
// beside it and renamed over it, so that a crash at any moment, or a full disk, leaves the old one.
//
// Threads: a Snapshots has one of its own; its functions belong to the one that made it, abandon() to any.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "torq/base/result.hpp"
#include "torq/files/durable.hpp"
#include "torq/swarm/memory_store.hpp"
#include "torq/swarm/snapshot_format.hpp"

namespace torq::app {

/// What this machine's clocks say.
swarm::SnapshotClock read_snapshot_clock();

/// Whether others are to be served meanwhile: then there is a pause after each block.
enum class Pace : std::uint8_t { kGentle, kFull };

/// The error is for people. When `abandoned` becomes true it gives up and leaves the old file, which is no error.
[[nodiscard]] Result<void, std::string> write_snapshot(swarm::MemoryStore& store, const std::string& path,
                                                       const std::atomic<Pace>& pace,
                                                       const std::atomic<bool>& abandoned,
                                                       const files::WriteCalls& calls = files::kernel_writes());

/// Puts back who is in the file, with their ages and `downloaded`; all of it or, when a single byte is wrong,
/// nothing. Whoever would be over by now stays away. A broken file is set aside as `PATH.bad`; then, and when it cannot
/// be read, a warning comes back. `lifetime` is the store's. No file is no news.
std::optional<std::string> load_snapshot(swarm::MemoryStore& store, const std::string& path, Duration lifetime,
                                         const swarm::SnapshotClock& clock, unsigned threads);

class Snapshots {
 public:
  /// `warn` is called on the thread of this object, once per cause of failure until a file was written again.
  Snapshots(swarm::MemoryStore& store, std::string path, std::function<void(const std::string&)> warn);
  /// Abandons what is being written.
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  /// Before start().
  void use(const files::WriteCalls& calls) { calls_ = calls; }
  /// Writes one now; not between start() and finish().
  void save();
  /// Writes one in each period from now on.
  void start(std::chrono::seconds period);
  /// Writes a last one as fast as it can, unless none was ever to be written, then calls `done` (on its thread or
  /// here).
  void finish(std::function<void()> done);
  /// Writes no more; finish() is done at once.
  void abandon();

 private:
  void run(std::chrono::seconds period);

  swarm::MemoryStore& store_;
  const std::string path_;
  const std::function<void(const std::string&)> warn_;
  files::WriteCalls calls_ = files::kernel_writes();
  std::string last_failure_;
  std::atomic<Pace> pace_{Pace::kGentle};
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> done_;  // given once it is to finish
  bool is_over_ = true;
  std::thread thread_;
};

}  // namespace torq::app
