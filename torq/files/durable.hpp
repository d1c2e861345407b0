// SPDX-License-Identifier: MIT
#pragma once
// The two steps that everybody who writes files would else get wrong: all of the bytes, and a name that survives a
// power cut. errno tells why it failed. Stateless; any thread.

#include <cstddef>

#include "torq/base/bytes.hpp"

namespace torq::files {

/// How bytes reach a disk. The kernel's, but for tests, where the disk fails.
struct WriteCalls {
  long (*write)(int fd, const void* bytes, std::size_t size) = nullptr;  ///< write(2)
  int (*sync)(int fd) = nullptr;                                         ///< fsync(2)
};
WriteCalls kernel_writes();

/// Goes on after short writes and signals.
[[nodiscard]] bool write_all(int fd, Bytes bytes, const WriteCalls& calls = kernel_writes());

/// After a rename in it. Some network file systems have no such thing and answer EINVAL, which is no failure.
[[nodiscard]] bool sync_folder(int fd);

}  // namespace torq::files
