// SPDX-License-Identifier: MIT
#include "torq/files/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

namespace torq::files {

Result<FileId, FileError> File::id() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return Failure(FileError::kReadError);
  return FileId{status.st_dev, status.st_ino};
}

Result<std::chrono::sys_time<std::chrono::nanoseconds>, FileError> File::modified() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return Failure(FileError::kReadError);
  return std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::seconds(status.st_mtim.tv_sec) +
                                                         std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

Result<std::size_t, FileError> File::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  // No file reaches where off_t ends; there the kernel would answer EINVAL instead of "end".
  constexpr std::uint64_t kEndOfOffsets = std::numeric_limits<off_t>::max();
  if (out.size() > kEndOfOffsets || offset > kEndOfOffsets - out.size()) return 0;
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0 && errno != EINTR) return Failure(FileError::kReadError);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace torq::files
