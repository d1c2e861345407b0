// SPDX-License-Identifier: MIT
#include "torq/quic/closing_table.hpp"

#include <bit>
#include <utility>

namespace torq::quic {

void ClosingTable::add(Instant until, std::vector<ConnectionId> ids, std::vector<std::byte> packet) {
  if (capacity_ == 0) return;
  if (entries_.size() == capacity_) drop_oldest();
  Entry& entry = entries_.emplace_back(Entry{until, std::move(ids), std::move(packet)});
  for (const ConnectionId& id : entry.ids) by_id_[id] = &entry;
}

std::optional<ClosingTable::Match> ClosingTable::find(const ConnectionId& id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return std::nullopt;
  Entry& entry = *it->second;
  return std::has_single_bit(++entry.seen) ? Match{entry.packet} : Match{};
}

// Entries expire in the order they came, though their times may differ: one that waits behind a longer one only absorbs
// a little more.
void ClosingTable::expire(Instant now) {
  while (!entries_.empty() && entries_.front().until <= now) drop_oldest();
}

std::optional<Instant> ClosingTable::next_timeout() const {
  return entries_.empty() ? std::nullopt : std::optional(entries_.front().until);
}

void ClosingTable::drop_oldest() {
  for (const ConnectionId& id : entries_.front().ids) {
    const auto it = by_id_.find(id);
    if (it != by_id_.end() && it->second == &entries_.front()) by_id_.erase(it);
  }
  entries_.pop_front();
}

}  // namespace torq::quic
