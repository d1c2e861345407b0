// SPDX-License-Identifier: MIT
#pragma once
// A file that appears under its name complete or not at all, also after a power cut: written under a temporary name in
// the same folder, made durable, then renamed over the target. Not for files that are written in pieces by several
// sources. Belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"

namespace torq::files {

/// Permission bits of a new file; the process's umask takes some away.
enum class Mode : std::uint16_t { kShared = 0666, kPrivate = 0600 };

class AtomicFile {
 public:
  /// `target` may exist and is untouched until commit. A folder as target is an error here, not after the last byte.
  static Result<AtomicFile, SystemError> create(const std::string& target, Mode mode = Mode::kShared);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  /// Removes the temporary unless commit renamed it. (A crash leaves it behind: `.NAME.torq-<16 hex digits>`.)
  ~AtomicFile();

  /// The first failure sticks: later calls repeat it, so half a file can never be committed.
  [[nodiscard]] Result<void, SystemError> append(Bytes bytes);

  /// At most once. When it fails in the very last step the target is already the new file, but may not survive a power
  /// cut.
  [[nodiscard]] Result<void, SystemError> commit();

 private:
  AtomicFile() = default;
  Result<void, SystemError> fail(std::string_view operation);
  void remove_temporary();

  std::string target_;     // as given, for texts
  std::string name_;       // of the target in folder_
  std::string temporary_;  // in folder_; empty once renamed or moved from
  Descriptor folder_;
  Descriptor file_;
  std::optional<SystemError> failure_;
};

}  // namespace torq::files
