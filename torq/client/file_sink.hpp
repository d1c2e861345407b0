// SPDX-License-Identifier: MIT
#pragma once
// Where a file's bytes go as they arrive: what a user of the library implements. A sink is called on the Client's
// thread, one call at a time, and never after the request's completion; while it works, the Client waits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"

namespace torq::client {

class FileSink {
 public:
  virtual ~FileSink() = default;

  /// Before the first byte, and again when a lost connection made another try necessary that could not go on behind
  /// what was there: then what came before is void, a FilePrefix that was given to the request as well. Not called when
  /// the server has no such file. `size` in bytes, where the server tells it beforehand.
  virtual Result<void, std::string> begin(std::optional<std::uint64_t> size) = 0;
  /// Right after begin(), where the server tells which version of the file comes: for a FilePrefix of a later request.
  virtual void note_validator(const std::string&) {}
  /// The next bytes, in order. The error is for people, and ends the request with ErrorKind::kSink.
  virtual Result<void, std::string> take(Bytes bytes) = 0;
};

/// Some bytes of a file.
struct FilePiece {
  std::uint64_t offset = 0;  ///< of `bytes`
  std::uint64_t size = 0;    ///< of the whole file
  std::string bytes;
};

/// A file that has arrived whole.
struct Fetched {
  std::uint64_t bytes = 0;             ///< of the whole file, with those that were there before
  std::array<std::byte, 32> sha256{};  ///< of the whole file
  std::uint64_t kept = 0;              ///< of a FilePrefix that was given to the request, and held: not fetched again
};

}  // namespace torq::client
