// SPDX-License-Identifier: MIT
#pragma once
// An open regular file, read at offsets. Not a stream: it has no position, so many readers of one File do not disturb
// each other. What was opened stays readable when its name is replaced or removed meanwhile. Reads may wait for the
// disk. Belongs to one thread at a time, except read_at, which any number of threads may call at once.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "torq/base/result.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"

namespace torq::files {

/// Which file it is on this machine, whatever its names are.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// What a change of the bytes shows in, as far as the file system's clock can tell two moments apart.
struct FileStamp {
  FileId id;
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  std::int64_t modified = 0;  ///< ns, by the clock of the file system, as the next one
  std::int64_t changed = 0;   ///< its bytes, its names, its owner or its mode

  /// `later`, of the same file, tells of other bytes. A name that came or went (the file was replaced or removed while
  /// somebody read it) changes no byte.
  bool has_other_bytes(const FileStamp& later) const;
  /// Short and opaque: another text once the bytes are other ones (docs/wire.md, `validator`).
  std::string validator() const;
};

class File {
 public:
  /// `fd` is a regular file open for reading, of `size` bytes.
  File(Descriptor fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}

  /// Bytes when it was opened. It may have grown or shrunk since.
  std::uint64_t size() const { return size_; }

  Result<FileStamp, FileError> stamp() const;

  /// Fills `out` from `offset` on. Fewer bytes than asked only where the file ends: within size(), that means that it
  /// shrank since it was opened.
  Result<std::size_t, FileError> read_at(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  Descriptor fd_;
  std::uint64_t size_;
};

}  // namespace torq::files
