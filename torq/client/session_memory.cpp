// SPDX-License-Identifier: MIT
#include "torq/client/session_memory.hpp"

#include <algorithm>

namespace torq::client {

std::chrono::sys_seconds wall_clock_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void SessionMemory::save(const std::string& server, Keepsake kind, std::span<const std::byte> bytes) {
  if (bytes.size() > kLargestKept) return;
  const std::lock_guard lock(mutex_);
  kept_[{server, kind}] = {now_(), saved_++, {bytes.begin(), bytes.end()}};
  if (kept_.size() <= kMostKept) return;
  kept_.erase(std::ranges::min_element(kept_, {}, [](const auto& entry) { return entry.second.order; }));
}

std::vector<std::byte> SessionMemory::take(const std::string& server, Keepsake kind) {
  const std::lock_guard lock(mutex_);
  const auto node = kept_.extract({server, kind});
  if (node.empty() || now_() - node.mapped().since >= kLongestKept) return {};
  return std::move(node.mapped().bytes);
}

std::shared_ptr<SessionStore> sessions_in_memory() { return std::make_shared<SessionMemory>(); }

}  // namespace torq::client
