// SPDX-License-Identifier: MIT
#pragma once
// A file as it is read for somebody far away, who may pause for as long as he likes: meanwhile it can give its
// descriptor back, so that readers who never come back keep no file from others. Belongs to one thread, as does the
// number of open files that it is counted in.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "torq/files/file.hpp"
#include "torq/files/file_tree.hpp"

namespace torq::files {

class SparingFile {
 public:
  /// `file` was opened in `tree` by `name`. `tree` and `open`, the number of open files, outlive it.
  SparingFile(const FileTree& tree, File file, std::string name, std::size_t& open);
  SparingFile(SparingFile&& other) noexcept;
  SparingFile& operator=(SparingFile&& other) noexcept;
  ~SparingFile() { close(); }

  const std::string& name() const { return name_; }
  /// Bytes when it was first opened.
  std::uint64_t size() const { return size_; }

  /// Fills `out` from `offset` on. False: it cannot be read, has shrunk, or its name means another file by now.
  [[nodiscard]] bool read_exactly(std::uint64_t offset, std::span<std::byte> out);

  /// The reader pauses. With many files open this one is closed; the next read opens it again.
  void pause();

 private:
  bool reopen();
  void close();

  const FileTree* tree_;
  std::size_t* open_;
  std::optional<File> file_;
  std::optional<FileId> id_;  // of the one that was closed
  std::string name_;
  std::uint64_t size_;
};

}  // namespace torq::files
