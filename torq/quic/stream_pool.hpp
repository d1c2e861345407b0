// SPDX-License-Identifier: MIT
#pragma once
// The streams of connections, and those that have ended, kept with their memory for the next ones: in steady use a
// stream costs no allocation. One pool per endpoint, because a connection that is idle shall hold nothing.

#include <unordered_map>
#include <utility>
#include <vector>

#include "torq/quic/stream.hpp"

namespace torq::quic {

using StreamMap = std::unordered_map<StreamId, Stream>;

class StreamPool {
 public:
  /// It is not there yet.
  Stream& add(StreamMap& streams, StreamId id) {
    if (spare_.empty()) return streams.try_emplace(id, id).first->second;
    StreamMap::node_type node = std::move(spare_.back());
    spare_.pop_back();
    node.key() = node.mapped().id = id;
    return streams.insert(std::move(node)).position->second;
  }

  /// It is there.
  void remove(StreamMap& streams, StreamId id) {
    constexpr std::size_t kMostSpare = 256;
    StreamMap::node_type node = streams.extract(id);
    if (spare_.size() == kMostSpare) return;
    node.mapped().renew();
    spare_.push_back(std::move(node));
  }

 private:
  std::vector<StreamMap::node_type> spare_;
};

}  // namespace torq::quic
