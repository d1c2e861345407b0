// SPDX-License-Identifier: MIT
#include "torq/files/file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

#include "torq/base/hex.hpp"
#include "torq/files/sha256.hpp"

namespace torq::files {

bool FileStamp::has_other_bytes(const FileStamp& later) const {
  if (size != later.size || modified != later.modified) return true;
  return changed != later.changed && links == later.links;
}

// A digest, because an inode and its times are nobody's business outside.
std::string FileStamp::validator() const {
  constexpr std::size_t kBytes = 12;
  const std::array<std::uint64_t, 5> parts{id.device, id.inode, size, static_cast<std::uint64_t>(modified),
                                           static_cast<std::uint64_t>(changed)};
  Sha256 hash;
  hash.update(std::as_bytes(std::span(parts)));
  return to_hex(Bytes(hash.digest()).first(kBytes));
}

Result<FileStamp, FileError> File::stamp() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) != 0) return Failure(FileError::kReadError);
  const auto ns = [](const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
  return FileStamp{.id = {status.st_dev, status.st_ino},
                   .size = static_cast<std::uint64_t>(status.st_size),
                   .links = status.st_nlink,
                   .modified = ns(status.st_mtim),
                   .changed = ns(status.st_ctim)};
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
