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

  /// Short and opaque: of another file, or of this one with other bytes, it is another one. Empty: nobody knows.
  std::string validator() const { return stamp_ ? stamp_->validator() : ""; }

  /// Fills `out` from `offset` on. False: it cannot be read, its name means another file by now, or its bytes are not
  /// those any more that it had when it was first opened: what was read before and what would be read now make no file.
  /// The last of these is looked at now and then only, so whoever has read the last bytes asks is_unchanged() before
  /// they leave.
  [[nodiscard]] bool read_exactly(std::uint64_t offset, std::span<std::byte> out);
  /// All bytes that were read are those that it had when it was first opened, as far as its stamp shows.
  [[nodiscard]] bool is_unchanged();

  /// The reader pauses. With many files open this one is closed; the next read opens it again.
  void pause();

 private:
  bool reopen();
  void close();

  const FileTree* tree_;
  std::size_t* open_;
  std::optional<File> file_;
  std::string name_;
  std::uint64_t size_;
  std::optional<FileStamp> stamp_;  // when it was first opened; none: it cannot be read
  std::size_t unchecked_ = 0;       // bytes read since the stamp was last compared
};

}  // namespace torq::files
