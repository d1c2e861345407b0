// SPDX-License-Identifier: MIT
#pragma once
// What a stream has to send and what the peer has not acknowledged yet. Bytes stay where they are from write to
// acknowledgement, because ngtcp2 keeps pointers to them.
//
//      released | sent, unacknowledged | unsent |
//               ^begin_                ^sent_   ^end_          stream offsets

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "torq/base/bytes.hpp"

namespace torq::quic {

class SendBuffer {
 public:
  std::size_t unsent() const { return static_cast<std::size_t>(end_ - sent_); }
  std::size_t unacknowledged() const { return static_cast<std::size_t>(sent_ - begin_); }

  void append(Bytes bytes);

  /// Room at the end, for at least one byte and at most `most`, to be filled in place. Valid until the next call.
  std::span<std::byte> prepare(std::size_t most);
  /// The first `n` bytes of what prepare() gave are filled.
  void commit(std::size_t n);

  /// Fills `out` with the unsent bytes, block by block, and returns how many blocks that took. Not all may fit.
  std::size_t unsent_blocks(std::span<Bytes> out) const;

  /// The first `n` unsent bytes have gone into a packet.
  void advance(std::size_t n);

  /// Everything before stream offset `end` is acknowledged. Returns how many bytes were not before.
  std::size_t release(std::uint64_t end);

  /// The stream is gone: nobody points to the bytes any more. Returns how many were held, sent or not.
  std::size_t clear();

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
    std::size_t capacity;
  };

  void release_block();
  void forget_released();

  std::vector<Block> blocks_;  // most streams need one, many none: unlike a deque this allocates nothing for those
  std::size_t head_ = 0;       // the first that is not released
  std::size_t next_ = 0;       // the one where the unsent bytes begin, or the last
  std::uint64_t first_ = 0;    // offset of blocks_[head_]
  std::uint64_t next_at_ = 0;  // offset of blocks_[next_]
  std::uint64_t begin_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace torq::quic
