// SPDX-License-Identifier: MIT
#include "torq/files/durable.hpp"

#include <unistd.h>

#include <cerrno>

namespace torq::files {

bool write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool sync_folder(int fd) { return ::fsync(fd) == 0 || errno == EINVAL; }

}  // namespace torq::files
