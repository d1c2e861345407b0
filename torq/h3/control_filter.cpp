// SPDX-License-Identifier: MIT
#include "torq/h3/control_filter.hpp"

namespace torq::h3 {
namespace {

constexpr std::uint64_t kControl = 0x00;  // the type of a stream (RFC 9114 6.2.1)
constexpr std::uint64_t kPriorityOfRequest = 0xf0700;
constexpr std::uint64_t kPriorityOfPush = 0xf0701;

}  // namespace

Bytes ControlFilter::filter(Bytes bytes) {
  if (at_ == At::kElsewhere) return bytes;
  out_.clear();
  for (const std::byte byte : bytes) take(byte);
  return out_;
}

void ControlFilter::take(std::byte byte) {
  switch (at_) {
    case At::kElsewhere:
      out_.push_back(byte);
      break;
    case At::kStreamType:
      out_.push_back(byte);
      if (take_varint(byte)) at_ = value_ == kControl ? At::kFrameType : At::kElsewhere;
      break;
    case At::kFrameType:
      head_.push_back(byte);
      if (!take_varint(byte)) break;
      drops_ = value_ == kPriorityOfRequest || value_ == kPriorityOfPush;
      at_ = At::kFrameLength;
      break;
    case At::kFrameLength:
      head_.push_back(byte);
      if (!take_varint(byte)) break;
      left_ = value_;
      if (!drops_) out_.insert(out_.end(), head_.begin(), head_.end());
      head_.clear();
      at_ = left_ > 0 ? At::kPayload : At::kFrameType;
      break;
    case At::kPayload:
      if (!drops_) out_.push_back(byte);
      if (--left_ == 0) at_ = At::kFrameType;
  }
}

// True when it is whole.
bool ControlFilter::take_varint(std::byte byte) {
  const auto bits = std::to_integer<std::uint64_t>(byte);
  if (missing_ == 0) {
    missing_ = 1U << (bits >> 6);
    value_ = bits & 0x3f;
  } else {
    value_ = value_ << 8 | bits;
  }
  return --missing_ == 0;
}

}  // namespace torq::h3
