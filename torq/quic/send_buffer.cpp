// SPDX-License-Identifier: MIT
#include "torq/quic/send_buffer.hpp"

#include <algorithm>
#include <cassert>

namespace torq::quic {
namespace {

// A short answer gets a block of its size; a long one is cut so that memory comes back as acknowledgements arrive.
constexpr std::size_t kSmallestBlock = 256;
constexpr std::size_t kLargestBlock = 16 * 1024;

}  // namespace

void SendBuffer::append(Bytes bytes) {
  end_ += bytes.size();
  while (!bytes.empty()) {
    if (blocks_.empty() || blocks_.back().size == blocks_.back().capacity) {
      const std::size_t capacity = std::clamp(bytes.size(), kSmallestBlock, kLargestBlock);
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), 0, capacity});
    }
    Block& block = blocks_.back();
    const std::size_t n = std::min(bytes.size(), block.capacity - block.size);
    std::ranges::copy(bytes.first(n), block.bytes.get() + block.size);
    block.size += n;
    bytes = bytes.subspan(n);
  }
}

std::size_t SendBuffer::unsent_blocks(std::span<Bytes> out) const {
  std::size_t count = 0;
  std::uint64_t at = first_;
  for (const Block& block : blocks_) {
    const std::uint64_t end = at + block.size;
    if (end > sent_) {
      if (count == out.size()) break;
      const auto skip = static_cast<std::size_t>(std::max(at, sent_) - at);
      out[count++] = Bytes(block.bytes.get(), block.size).subspan(skip);
    }
    at = end;
  }
  return count;
}

std::size_t SendBuffer::release(std::uint64_t end) {
  assert(end <= sent_);
  const std::uint64_t before = begin_;
  begin_ = std::max(begin_, end);
  while (!blocks_.empty() && first_ + blocks_.front().size <= begin_) {
    first_ += blocks_.front().size;
    blocks_.pop_front();
  }
  return static_cast<std::size_t>(begin_ - before);
}

std::size_t SendBuffer::clear() {
  const auto held = static_cast<std::size_t>(end_ - begin_);
  blocks_.clear();
  first_ = begin_ = sent_ = end_;
  return held;
}

}  // namespace torq::quic
