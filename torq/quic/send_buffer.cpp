// SPDX-License-Identifier: MIT
#include "torq/quic/send_buffer.hpp"

#include <algorithm>
#include <cassert>

namespace torq::quic {
namespace {

// A short answer gets a block of its size; a long one is cut so that memory comes back as acknowledgements arrive.
constexpr std::size_t kSmallestBlock = 256;
constexpr std::size_t kLargestBlock = 16 * 1024;
constexpr std::size_t kReleasedKept = 16;  // blocks that are gone and still have a place in the list

}  // namespace

void SendBuffer::append(Bytes bytes) {
  while (!bytes.empty()) {
    const auto space = prepare(bytes.size());
    std::ranges::copy(bytes.first(space.size()), space.begin());
    commit(space.size());
    bytes = bytes.subspan(space.size());
  }
}

std::span<std::byte> SendBuffer::prepare(std::size_t most) {
  if (head_ == blocks_.size() || blocks_.back().size == blocks_.back().capacity) {
    const std::size_t capacity = std::clamp(most, kSmallestBlock, kLargestBlock);
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), 0, capacity});
  }
  Block& block = blocks_.back();
  return {block.bytes.get() + block.size, std::min(most, block.capacity - block.size)};
}

void SendBuffer::commit(std::size_t n) {
  assert(n <= blocks_.back().capacity - blocks_.back().size);
  blocks_.back().size += n;
  end_ += n;
  advance(0);
}

void SendBuffer::advance(std::size_t n) {
  sent_ += n;
  assert(sent_ <= end_);
  while (next_ + 1 < blocks_.size() && next_at_ + blocks_[next_].size <= sent_) next_at_ += blocks_[next_++].size;
}

std::size_t SendBuffer::unsent_blocks(std::span<Bytes> out) const {
  std::size_t count = 0;
  std::uint64_t at = next_at_;
  for (std::size_t i = next_; i < blocks_.size() && count < out.size(); ++i) {
    const Block& block = blocks_[i];
    const auto skip = static_cast<std::size_t>(std::max(at, sent_) - at);
    if (skip < block.size) out[count++] = Bytes(block.bytes.get(), block.size).subspan(skip);
    at += block.size;
  }
  return count;
}

std::size_t SendBuffer::release(std::uint64_t end) {
  assert(end <= sent_);
  const std::uint64_t before = begin_;
  begin_ = std::max(begin_, end);
  while (head_ < blocks_.size() && first_ + blocks_[head_].size <= begin_) release_block();
  forget_released();
  return static_cast<std::size_t>(begin_ - before);
}

void SendBuffer::release_block() {
  first_ += blocks_[head_].size;
  blocks_[head_++].bytes.reset();
  if (next_ >= head_) return;
  next_ = head_;
  next_at_ = first_;
}

void SendBuffer::forget_released() {
  if (head_ < blocks_.size() && (head_ < kReleasedKept || head_ * 2 < blocks_.size())) return;
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(head_));
  next_ -= head_;
  head_ = 0;
}

std::size_t SendBuffer::clear() {
  const auto held = static_cast<std::size_t>(end_ - begin_);
  blocks_.clear();
  head_ = next_ = 0;
  first_ = next_at_ = begin_ = sent_ = end_;
  return held;
}

}  // namespace torq::quic
