// SPDX-License-Identifier: MIT
#include "apps/torq/check/reference.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "torq/base/hex.hpp"
#include "torq/files/errors.hpp"

namespace torq::app {

namespace {

// Up to `out.size()` bytes; fewer only at the end of the file.
Result<std::size_t, std::string> read_some(int fd, std::span<std::byte> out, const std::string& path) {
  for (;;) {
    const ssize_t n = ::read(fd, out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return Failure(to_string(files::last_error("read " + path)));
  }
}

}  // namespace

Result<std::vector<std::string>, std::string> find_files(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;  // of a link to nowhere, which open() will complain of
    if (!entry->is_directory(ignored)) names.push_back(entry->path().lexically_relative(folder).string());
  }
  if (error) return Failure(folder + ": " + error.message());
  std::ranges::sort(names);
  return names;
}

Result<void, std::string> Reference::open() {
  file_ = files::Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO waits for no writer
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) return Failure(to_string(files::last_error("open " + path_)));
  if (!S_ISREG(status.st_mode)) return Failure(path_ + " is no file");
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

Result<void, std::string> Reference::begin(std::optional<std::uint64_t> size) {
  if (::lseek(file_.get(), 0, SEEK_SET) < 0) return Failure(to_string(files::last_error("seek in " + path_)));
  hash_.digest();  // starts it afresh
  received_ = 0;
  announced_ = size;
  return {};
}

// The first byte too many says all there is to say: there may be no end.
Result<void, std::string> Reference::take(Bytes bytes) {
  std::array<std::byte, 16384> block;
  std::uint64_t wanted = bytes.size();
  received_ += wanted;
  while (wanted > 0) {
    const auto n = read_some(file_.get(), std::span(block).first(std::min<std::uint64_t>(wanted, block.size())), path_);
    if (!n) return Failure(n.error());
    if (*n == 0) {
      excess_ = announced_ ? fmt::format("{} bytes, the reference has {}", *announced_, size_)
                           : fmt::format("more bytes than the {} of the reference", size_);
      return Failure(*excess_);
    }
    hash_.update(Bytes(block).first(*n));
    wanted -= *n;
  }
  return {};
}

std::optional<std::string> Reference::difference(const client::Fetched& fetched) {
  if (fetched.bytes != size_) return fmt::format("{} bytes, the reference has {}", fetched.bytes, size_);
  const auto expected = hash_.digest();
  if (fetched.sha256 == expected) return std::nullopt;
  return fmt::format("sha256 {}, the reference has {}", to_hex(fetched.sha256), to_hex(expected));
}

}  // namespace torq::app
