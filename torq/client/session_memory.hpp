// SPDX-License-Identifier: MIT
#pragma once
// sessions_in_memory, with its clock and its bound. Internal to client/.

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "torq/client/session_store.hpp"

namespace torq::client {

/// Passed in, so that a test can let a day pass. The Unix epoch is its zero: files outlive the process.
using WallClock = std::function<std::chrono::sys_seconds()>;
std::chrono::sys_seconds wall_clock_now();

/// RFC 8446 4.6.1 allows a week; servers say less. An address changes hands sooner still.
inline constexpr std::chrono::hours kLongestKept{24};
inline constexpr std::size_t kMostKept = 256;
inline constexpr std::size_t kLargestKept = 32 * 1024;

class SessionMemory final : public SessionStore {
 public:
  explicit SessionMemory(WallClock now = wall_clock_now) : now_(std::move(now)) {}

  void save(const std::string& server, Keepsake kind, std::span<const std::byte> bytes) override;
  std::vector<std::byte> take(const std::string& server, Keepsake kind) override;

 private:
  struct Kept {
    std::chrono::sys_seconds since;
    std::uint64_t order = 0;
    std::vector<std::byte> bytes;
  };

  WallClock now_;
  std::mutex mutex_;
  std::map<std::pair<std::string, Keepsake>, Kept> kept_;
  std::uint64_t saved_ = 0;
};

}  // namespace torq::client
