// SPDX-License-Identifier: MIT
#include "torq/files/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace torq::files {
namespace {

/// An errno, kept apart from every other number.
enum class Errno : int {};

Result<Descriptor, Errno> open_beneath(const Descriptor& root, const char* name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: somebody renamed or mounted while the kernel walked a `..` of a link, and it could not be sure that it is
  // still beneath the root (openat2(2)). A renamer must not keep us here for ever.
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root.get(), name, &how, sizeof how);
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return Failure(Errno{errno});
}

FileError reason_of(Errno error) {
  switch (static_cast<int>(error)) {
    case ENOENT:
    case ENOTDIR:
    case EXDEV:  // a step leaves the root
    case ELOOP:  // a link to itself, or one of /proc that jumps
    case ENAMETOOLONG:
    case EINVAL:  // a name that this file system cannot hold
    case EILSEQ:  // likewise, where names must be UTF-8
    case ENXIO:   // a socket, or a device without a driver, that took the file's place
    case ENODEV:
      return FileError::kNotFound;
    default:
      return FileError::kReadError;
  }
}

Result<struct stat, FileError> status_of(const Descriptor& fd) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return Failure(FileError::kReadError);
  return status;
}

}  // namespace

Result<Descriptor, SystemError> open_root(const std::string& path) {
  Descriptor root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return Failure(last_error("open folder " + path));
  const auto probe = open_beneath(root, ".", O_PATH | O_DIRECTORY);
  if (probe) return root;
  errno = static_cast<int>(probe.error());
  return Failure(
      last_error("keep names inside folder " + path + " with openat2 (Linux 5.6, and a sandbox that allows it)"));
}

Result<Found, FileError> look_beneath(const Descriptor& root, const std::string& name) {
  const auto fd = open_beneath(root, name.c_str(), O_PATH);
  if (!fd) return Failure(fd.error() == Errno{EACCES} ? FileError::kNotFound : reason_of(fd.error()));
  const auto status = status_of(*fd);
  if (!status) return Failure(status.error());
  if (S_ISDIR(status->st_mode)) return Found{Found::Type::kFolder, 0};
  if (S_ISREG(status->st_mode)) return Found{Found::Type::kFile, static_cast<std::uint64_t>(status->st_size)};
  return Failure(FileError::kNotFound);
}

Result<File, FileError> open_file_beneath(const Descriptor& root, const std::string& name) {
  // O_NONBLOCK: a FIFO that took the file's place since the look would wait for a writer. O_NOCTTY: a terminal would
  // become ours.
  auto fd = open_beneath(root, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return Failure(reason_of(fd.error()));
  const auto status = status_of(*fd);
  if (!status) return Failure(status.error());
  if (!S_ISREG(status->st_mode)) return Failure(FileError::kNotFound);
  return File(*std::move(fd), static_cast<std::uint64_t>(status->st_size));
}

Result<Descriptor, FileError> open_folder_beneath(const Descriptor& root, const std::string& name) {
  auto fd = open_beneath(root, name.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd) return Failure(reason_of(fd.error()));
  return *std::move(fd);
}

}  // namespace torq::files
