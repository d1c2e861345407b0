// SPDX-License-Identifier: MIT
#pragma once
// The beginning of a file that has arrived already: enough to go on behind it and to notice that the server's file is
// another one by now. Holds no more of its bytes than the last few. Not the bytes themselves: those are with the sink
// (file_sink.hpp). Belongs to one thread at a time; moved, not copied.

#include <cstdint>
#include <string>
#include <utility>

#include "torq/base/bytes.hpp"
#include "torq/files/sha256.hpp"

namespace torq::client {

class FilePrefix {
 public:
  /// So many of the last bytes are fetched once more and compared: not every server tells a validator, and one may be
  /// wrong (docs/wire.md, `file_raw`).
  static constexpr std::size_t kOverlap = std::size_t{16} * 1024;

  /// Of no file: nothing is there.
  FilePrefix() = default;
  /// Of a file that has `size` bytes in all. `validator`: what the server told of this version of it, if anything.
  explicit FilePrefix(std::uint64_t size, std::string validator = {}) : size_(size), validator_(std::move(validator)) {}

  /// The next bytes, in order.
  void append(Bytes bytes);

  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t size() const { return size_; }
  const std::string& validator() const { return validator_; }
  /// The last min(kOverlap, bytes()) bytes.
  std::string_view tail() const;
  /// Of all bytes; the last call.
  files::Sha256::Digest digest() { return hash_.digest(); }

 private:
  std::uint64_t size_ = 0;
  std::string validator_;
  std::uint64_t bytes_ = 0;
  files::Sha256 hash_;
  std::string tail_;  // at most twice kOverlap
};

}  // namespace torq::client
