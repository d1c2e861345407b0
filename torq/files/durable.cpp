// SPDX-License-Identifier: MIT
#include "torq/files/durable.hpp"

#include <unistd.h>

#include <cerrno>

namespace torq::files {

WriteCalls kernel_writes() {
  return {[](int fd, const void* bytes, std::size_t size) -> long { return ::write(fd, bytes, size); },
          [](int fd) { return ::fsync(fd); }};
}

bool write_all(int fd, Bytes bytes, const WriteCalls& calls) {
  while (!bytes.empty()) {
    const long n = calls.write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool sync_folder(int fd) { return ::fsync(fd) == 0 || errno == EINVAL; }

}  // namespace torq::files
