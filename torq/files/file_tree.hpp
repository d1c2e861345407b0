// SPDX-License-Identifier: MIT
#pragma once
// Names below a root folder, and nothing outside it, whatever is asked (wire-compat.md "File", "Extensions", "File
// names"). Not a cache: each call asks the file system, and may wait for it. Follows the folder that was opened, also
// when that is renamed. Immutable, so one tree may serve any number of threads.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "torq/base/result.hpp"
#include "torq/files/beneath.hpp"
#include "torq/files/descriptor.hpp"
#include "torq/files/errors.hpp"
#include "torq/files/file.hpp"

namespace torq::files {

struct Entry {
  std::string name;  ///< one segment, UTF-8
  Found found;       ///< what a link leads to, not the link
};

struct Listing {
  std::vector<Entry> entries;  ///< sorted by name, byte by byte
  bool truncated = false;      ///< there are more names than were asked for
};

/// Which folder it is, and when names in it last came or went.
struct FolderStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t changed = 0;  ///< ns, by the clock of the file system

  bool operator==(const FolderStamp&) const = default;
};

/// The names in a folder that may be listed, sorted, in one block of memory.
struct FolderNames {
  FolderStamp stamp;
  std::string text;                   ///< one behind the other, each ended by a NUL
  std::vector<std::uint32_t> begins;  ///< in `text`
  bool complete = true;               ///< false: there were too many, and none is here

  std::size_t size() const { return begins.size(); }
  std::string_view name_at(std::uint32_t begin) const { return text.c_str() + begin; }
};

class FileTree {
 public:
  /// Fails when `path` is not a folder, and on a kernel (before Linux 5.6) or in a sandbox without openat2.
  static Result<FileTree, SystemError> at(const std::string& path);

  /// A regular file, or a link to one that stays inside. Everything else is kNotFound.
  Result<File, FileError> open(std::string_view name) const;

  /// The first `max_entries` names behind `after` of what a file request could name in `folder` ("" is the root):
  /// files, folders and links to them that stay inside. Memory is bounded by `max_entries`, time by the size of the
  /// folder. A missing folder and a file are kNotFound.
  Result<Listing, FileError> list(std::string_view folder, std::size_t max_entries, std::string_view after = {}) const;

  // The same in steps, for whoever remembers names from page to page (folder_memory.hpp).
  Result<FolderStamp, FileError> stamp(std::string_view folder) const;
  /// Not complete when the names take more than `max_bytes`.
  Result<FolderNames, FileError> names(std::string_view folder, std::size_t max_bytes) const;
  /// As list(); of `names`, those that have vanished are left out.
  Result<Listing, FileError> page(const FolderNames& names, std::string_view folder, std::size_t max_entries,
                                  std::string_view after) const;

 private:
  Result<Descriptor, FileError> open_folder(std::string_view folder) const;
  explicit FileTree(Descriptor root) : root_(std::move(root)) {}

  Descriptor root_;
};

}  // namespace torq::files
