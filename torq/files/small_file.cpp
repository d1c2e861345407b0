// SPDX-License-Identifier: MIT
#include "torq/files/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace torq::files {

Result<std::string, SystemError> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return Failure(last_error("open " + path));
  std::string content;
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t n = ::read(fd.get(), block.data(), block.size());
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure(last_error("read " + path));
    content.append(block.data(), static_cast<std::size_t>(n));
    if (content.size() > max_bytes) {
      errno = EFBIG;
      return Failure(last_error("read " + path));
    }
  }
}

Result<void, SystemError> write_file(const std::string& path, std::string_view bytes, Mode mode,
                                     Durability durability) {
  auto file = AtomicFile::create(path, mode);
  if (!file) return Failure(file.error());
  if (auto written = file->append(as_bytes(bytes)); !written) return written;
  return file->commit(durability);
}

}  // namespace torq::files
