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
#include "torq/files/durable.hpp"
#include "torq/files/errors.hpp"

namespace torq::files {

/// Permission bits of a new file; the process's umask takes some away.
enum class Mode : std::uint16_t { kShared = 0666, kPrivate = 0600 };

/// Whether a file is to survive a power cut, for which one waits for the disk.
enum class Durability : std::uint8_t { kFull, kNone };

class AtomicFile {
 public:
  /// `target` may exist and is untouched until commit; a link is replaced, not written through. A target that is no
  /// regular file is an error here, not after the last byte: nobody means to replace a folder or /dev/null.
  static Result<AtomicFile, SystemError> create(const std::string& target, Mode mode = Mode::kShared,
                                                const WriteCalls& calls = kernel_writes());

  AtomicFile(AtomicFile&&) = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  /// Removes the temporary unless commit renamed it. (A crash leaves it behind: `.NAME.torq-<16 hex digits>`.)
  ~AtomicFile();

  /// The first failure sticks: later calls repeat it, so half a file can never be committed.
  [[nodiscard]] Result<void, SystemError> append(Bytes bytes);

  /// Once, as the last call. When it fails in the very last step (fsync of the folder) the target is already the new
  /// file, but may not survive a power cut.
  [[nodiscard]] Result<void, SystemError> commit(Durability durability = Durability::kFull);

 private:
  AtomicFile() = default;
  Result<void, SystemError> fail(const char* verb);

  std::string target_;     // as given, for texts
  std::string name_;       // of the target in folder_
  std::string temporary_;  // in folder_; empty once renamed
  Descriptor folder_;      // empty once moved from
  Descriptor file_;
  WriteCalls calls_;
  std::optional<SystemError> failure_;
};

/// Removes what crashes have left of `target`, as far as it can. Only while nobody writes it.
void remove_leftovers(const std::string& target);

}  // namespace torq::files
