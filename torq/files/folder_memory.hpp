// SPDX-License-Identifier: MIT
#pragma once
// Large folders are listed in pages, and each page of a FileTree costs a look at all names. This remembers the sorted
// names of the last few large folders, so that whoever reads a folder of 100,000 names does not keep a worker busy with
// each page. What a name leads to is looked up afresh for every page: sizes are never old.
//
// Names are taken from memory while the folder's change time is the same, and for a second at most: within one tick of
// a file system's clock (milliseconds; seconds on some) a folder may change without showing it, and a page may then
// be that second behind. Memory is bounded by Limits; a folder beyond it is listed as without this.
//
// Threads: one (a worker's).

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "torq/base/clock.hpp"
#include "torq/files/file_tree.hpp"

namespace torq::files {

class FolderMemory {
 public:
  struct Limits {
    std::size_t folders = 3;
    std::size_t bytes = 6 * 1024 * 1024;  ///< of one folder's names
    std::size_t worth = 256;              ///< names from which on a folder is remembered
    Duration age = std::chrono::seconds(1);
  };

  /// `tree` outlives it.
  explicit FolderMemory(const FileTree& tree) : FolderMemory(tree, Limits()) {}
  FolderMemory(const FileTree& tree, const Limits& limits) : tree_(tree), limits_(limits) {}

  /// As FileTree::list, which says what the words mean.
  Result<Listing, FileError> list(Instant now, std::string_view folder, std::size_t max_entries,
                                  std::string_view after = {});

  /// Folders whose names were read from the disk since the start.
  std::uint64_t scans() const { return scans_; }

 private:
  struct Remembered {
    std::string folder;
    Instant made;
    FolderNames names;
  };

  const FolderNames* find(Instant now, std::string_view folder, const FolderStamp& stamp);

  const FileTree& tree_;
  const Limits limits_;
  std::list<Remembered> folders_;  // the last used first
  std::uint64_t scans_ = 0;
};

}  // namespace torq::files
