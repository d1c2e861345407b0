// SPDX-License-Identifier: MIT
#pragma once
// Takes PRIORITY_UPDATE frames (RFC 9218 7.2) out of a client's control stream: nghttp3 1.8 aborts when one of them is
// cut behind the number that it begins with. A client may be served in another order than it likes; its `priority`
// fields count. Not a parser of anything else. Belongs to its session.

#include <cstdint>
#include <vector>

#include "torq/base/bytes.hpp"

namespace torq::h3 {

class ControlFilter {
 public:
  /// What is left of the next bytes of a unidirectional stream; valid until the next call. The beginning of a frame is
  /// held back until it is known what it is; streams of other types pass.
  Bytes filter(Bytes bytes);

 private:
  enum class At : std::uint8_t { kStreamType, kFrameType, kFrameLength, kPayload, kElsewhere };

  void take(std::byte byte);
  bool take_varint(std::byte byte);

  At at_ = At::kStreamType;
  std::uint64_t value_ = 0;      // of the varint that is being read (RFC 9000 16)
  unsigned missing_ = 0;         // bytes of it; 0: none has come
  std::vector<std::byte> head_;  // of the frame, held back
  bool drops_ = false;           // the frame
  std::uint64_t left_ = 0;       // of its payload
  std::vector<std::byte> out_;
};

}  // namespace torq::h3
