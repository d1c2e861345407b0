// SPDX-License-Identifier: MIT
#include "torq/files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <filesystem>

#include "torq/base/hex.hpp"

namespace torq::files {
namespace {

struct Split {
  std::string folder;
  std::string name;
};

Split split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

constexpr std::size_t kRandomDigits = 16;

std::string temporary_prefix(std::string_view target) {
  constexpr std::string_view kMark = ".torq-";
  std::string name = ".";
  name += target.substr(0, NAME_MAX - 1 - kMark.size() - kRandomDigits);
  return name += kMark;
}

/// Not guessable, so that nobody who may write into the folder can take all the names first.
std::string temporary_name(std::string_view target) {
  std::array<std::byte, kRandomDigits / 2> random{};
  [[maybe_unused]] const ssize_t n = ::getrandom(random.data(), random.size(), 0);
  assert(n == static_cast<ssize_t>(random.size()));  // getrandom(2): up to 256 bytes always succeed
  return temporary_prefix(target) + to_hex(random);
}

/// 0, or why `name` is nothing that a file may replace.
int obstacle(const Descriptor& folder, const std::string& name) {
  struct stat status{};
  if (name.empty() || name == "." || name == "..") return EISDIR;
  if (::fstatat(folder.get(), name.c_str(), &status, 0) != 0) return 0;  // none yet, or a link to nowhere
  if (S_ISDIR(status.st_mode)) return EISDIR;
  return S_ISREG(status.st_mode) ? 0 : EOPNOTSUPP;
}

}  // namespace

// Why not O_TMPFILE, which leaves nothing behind after a crash: linkat cannot replace an existing target, and several
// file systems lack it. Why not mkostemp: it makes every file 0600, and there is no way to read the umask that is safe
// with threads; open applies it.
Result<AtomicFile, SystemError> AtomicFile::create(const std::string& target, Mode mode, const WriteCalls& calls) {
  AtomicFile file;
  file.target_ = target;
  file.calls_ = calls;
  auto [folder, name] = split(target);
  file.name_ = std::move(name);
  file.folder_ = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.folder_) return Failure(last_error("open folder " + folder));
  if (const int error = obstacle(file.folder_, file.name_)) {
    errno = error;
    return Failure(last_error("replace " + target));
  }
  constexpr int kAttempts = 8;
  for (int attempt = 0; attempt < kAttempts && !file.file_; ++attempt) {
    const std::string temporary = temporary_name(file.name_);
    // O_EXCL: never an existing file, and never through a link that somebody has put there.
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file.file_ = Descriptor(::openat(file.folder_.get(), temporary.c_str(), kFlags, static_cast<mode_t>(mode)));
    if (file.file_) file.temporary_ = temporary;
    if (!file.file_ && errno != EEXIST) break;
  }
  if (!file.file_) return Failure(last_error("create " + target));
  return file;
}

AtomicFile::~AtomicFile() {
  if (folder_ && !temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

Result<void, SystemError> AtomicFile::append(Bytes bytes) {
  if (failure_) return Failure(*failure_);
  if (!write_all(file_.get(), bytes, calls_)) return fail("write");
  return {};
}

Result<void, SystemError> AtomicFile::commit(Durability durability) {
  if (failure_) return Failure(*failure_);
  assert(file_ && !temporary_.empty());
  const bool waits = durability == Durability::kFull;
  if (waits && calls_.sync(file_.get()) != 0) return fail("write");
  // Quotas and network file systems may refuse as late as here.
  if (::close(file_.release()) != 0) return fail("write");
  if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()) != 0) return fail("rename to");
  temporary_.clear();
  if (waits && !sync_folder(folder_.get())) return fail("make durable");
  return {};
}

Result<void, SystemError> AtomicFile::fail(const char* verb) {
  failure_ = last_error(std::string(verb) + " " + target_);
  return Failure(*failure_);
}

void remove_leftovers(const std::string& target) {
  const auto [folder, name] = split(target);
  const std::string prefix = temporary_prefix(name);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string found = entry.path().filename();
    if (found.starts_with(prefix) && found.size() == prefix.size() + kRandomDigits)
      std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace torq::files
