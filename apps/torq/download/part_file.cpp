// SPDX-License-Identifier: MIT
#include "apps/torq/download/part_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "torq/base/hex.hpp"
#include "torq/files/durable.hpp"
#include "torq/files/errors.hpp"
#include "torq/files/sha256.hpp"
#include "torq/files/small_file.hpp"

namespace torq::app {
namespace {

using files::Descriptor;
using files::last_error;

constexpr std::size_t kLargestRecord = std::size_t{256} * 1024;  // a URL of 32 KiB, each byte escaped
constexpr std::size_t kDigestStep = std::size_t{4} * 1024 * 1024;
// What a power cut may cost. Each checkpoint waits for the disk.
constexpr std::uint64_t kBetweenCheckpoints = std::uint64_t{64} * 1024 * 1024;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// Beside the target. A name that leaves no room for the suffix is cut; its digest keeps it apart from others.
std::string beside(const std::string& target, const std::string& suffix) {
  const std::string name = target.substr(target.rfind('/') + 1);
  if (name.size() + suffix.size() <= NAME_MAX) return target + suffix;
  files::Sha256 hash;
  hash.update(as_bytes(name));
  const std::string rest = "~" + to_hex(Bytes(hash.digest()).first(8)) + suffix;
  return target.substr(0, target.size() - name.size()) + name.substr(0, NAME_MAX - rest.size()) + rest;
}

}  // namespace

PartFile::PartFile(std::string target, std::string url)
    : target_(std::move(target)),
      url_(std::move(url)),
      part_(beside(target_, kPartSuffix)),
      record_(beside(target_, kRecordSuffix)) {}

Failure<std::string> PartFile::failed(const std::string& operation) const {
  return Failure(to_string(last_error(operation)));
}

Result<void, std::string> PartFile::lock_part() {
  auto locked = try_lock();
  if (!locked) file_ = Descriptor();
  return locked;
}

// The name is known to everybody who may write into the folder, /tmp for example: a file of somebody else, or one with
// a second name, is not written to. The lock holds until the descriptor is closed; whoever waited for it may hold a
// file that has got its final name meanwhile.
Result<void, std::string> PartFile::try_lock() const {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failure(part_ + " is being written by another torq: wait for that one, or choose another name with -o");
  }
  struct stat opened{};
  struct stat named{};
  if (::fstat(file_.get(), &opened) != 0 || ::lstat(part_.c_str(), &named) != 0) return failed("look at " + part_);
  const bool ours = S_ISREG(opened.st_mode) && opened.st_uid == ::geteuid() && opened.st_nlink == 1;
  if (!ours || opened.st_ino != named.st_ino || opened.st_dev != named.st_dev) {
    return Failure(part_ + " is not a file that torq left there: remove it, or choose another name with -o");
  }
  return {};
}

// Nobody means to replace a folder or /dev/null.
Result<void, std::string> PartFile::check_target() const {
  struct stat status{};
  errno = 0;
  if (target_.ends_with('/')) {
    errno = EISDIR;
  } else if (::stat(target_.c_str(), &status) == 0) {
    if (S_ISREG(status.st_mode)) return {};
    errno = S_ISDIR(status.st_mode) ? EISDIR : EOPNOTSUPP;
  } else {
    return {};  // none yet, or a link to nowhere; what else is wrong with it, opening the part will show
  }
  return failed("replace " + target_);
}

Result<void, std::string> PartFile::check_space(std::uint64_t needed) const {
  struct statvfs disk{};
  if (::statvfs(folder_of(target_).c_str(), &disk) != 0) return {};  // writing will show
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (needed <= free) return {};
  return Failure(
      fmt::format("no room for {}: {} bytes needed, {} bytes free; free some, or choose another disk with -o", target_,
                  needed, free));
}

Result<void, std::string> PartFile::open() {
  if (const auto target = check_target(); !target) return target;
  file_ = Descriptor(::open(part_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file_) return errno == ENOENT ? Result<void, std::string>() : failed("open " + part_);
  if (const auto locked = lock_part(); !locked) return locked;
  read_record();
  if (found_ == 0) return {};
  if (const auto room = check_space(held_.size() - found_); !room) return room;
  bytes_ = found_;
  size_ = held_.size();
  checkpointed_ = found_;
  // What is behind may never have reached the disk.
  if (::ftruncate(file_.get(), static_cast<off_t>(found_)) != 0) return failed("truncate " + part_);
  return {};
}

// A record that is missing, wrong or of another URL means that there is nothing to go on from.
void PartFile::read_record() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return;
  const auto text = files::read_file(record_, kLargestRecord);
  if (!text) return;
  const auto record = nlohmann::json::parse(*text, nullptr, false);
  if (!record.is_object()) return;
  const auto number = [&](const char* name) {
    const auto found = record.find(name);
    return found != record.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  const auto url = record.find("url");
  if (url == record.end() || *url != url_) return;
  const std::uint64_t bytes = number("bytes");
  if (bytes > number("size") || bytes > static_cast<std::uint64_t>(status.st_size)) return;
  mine_ = bytes > 0;
  const auto validator = record.find("validator");
  if (validator != record.end() && validator->is_string()) validator_ = *validator;
  held_ = client::FilePrefix(number("size"), validator_);
  found_ = bytes;
}

Result<bool, std::string> PartFile::digest_more() {
  if (held_.bytes() == found_) return true;
  std::vector<std::byte> block(std::min<std::uint64_t>(kDigestStep, found_ - held_.bytes()));
  const ssize_t n = ::pread(file_.get(), block.data(), block.size(), static_cast<off_t>(held_.bytes()));
  if (n < 0 && errno == EINTR) return false;
  if (n < 0) return failed("read " + part_);
  if (n == 0) return Failure(part_ + " is being changed by somebody else");
  held_.append(Bytes(block).first(static_cast<std::size_t>(n)));
  if (held_.bytes() < found_) return false;
  if (::lseek(file_.get(), static_cast<off_t>(found_), SEEK_SET) < 0) return failed("seek in " + part_);
  return true;
}

std::vector<client::FilePiece> PartFile::places() const {
  constexpr std::uint64_t kPlaces = 16;
  constexpr std::size_t kPlace = std::size_t{4} * 1024;
  std::vector<client::FilePiece> places;
  if (found_ <= client::FilePrefix::kOverlap) return places;
  const std::uint64_t span = found_ - client::FilePrefix::kOverlap;
  const std::uint64_t step = std::max<std::uint64_t>(span / kPlaces, kPlace);
  for (std::uint64_t offset = 0; offset < span; offset += step) {
    client::FilePiece place{offset, size_, std::string(kPlace, '\0')};
    const ssize_t n = ::pread(file_.get(), place.bytes.data(), kPlace, static_cast<off_t>(offset));
    if (n == static_cast<ssize_t>(kPlace)) places.push_back(std::move(place));
  }
  return places;
}

Result<void, std::string> PartFile::begin(std::optional<std::uint64_t> size) {
  if (const auto target = check_target(); !target) return target;
  if (!file_) {
    file_ = Descriptor(::open(part_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666));
    if (!file_) return failed("create " + part_);
    if (const auto locked = lock_part(); !locked) return locked;
  }
  mine_ = true;
  if (::unlink(record_.c_str()) != 0 && errno != ENOENT) return failed("remove " + record_);
  if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0) return failed("truncate " + part_);
  bytes_ = 0;
  checkpointed_ = 0;
  validator_.clear();
  size_ = size.value_or(0);
  return check_space(size_);
}

Result<void, std::string> PartFile::take(Bytes bytes) {
  if (!files::write_all(file_.get(), bytes)) return failed("write " + part_);
  bytes_ += bytes.size();
  received_ += bytes.size();
  return size_ > 0 && bytes_ - checkpointed_ >= kBetweenCheckpoints ? checkpoint() : Result<void, std::string>();
}

// First the bytes, then what vouches for them.
Result<void, std::string> PartFile::checkpoint() {
  if (::fdatasync(file_.get()) != 0) return failed("write " + part_);
  nlohmann::ordered_json record = {{"url", url_}, {"size", size_.load()}, {"bytes", bytes_.load()}};
  if (!validator_.empty()) record["validator"] = validator_;
  const auto written = files::write_file(record_, record.dump() + "\n", files::Mode::kShared);
  if (!written) return Failure(to_string(written.error()));
  checkpointed_ = bytes_;
  return {};
}

Result<void, std::string> PartFile::commit() {
  if (::fsync(file_.get()) != 0) return failed("write " + part_);
  if (::rename(part_.c_str(), target_.c_str()) != 0) return failed("rename " + part_ + " to " + target_);
  // Quotas and network file systems may refuse as late as here.
  if (::close(file_.release()) != 0) return failed("write " + target_);
  if (::unlink(record_.c_str()) != 0 && errno != ENOENT) return failed("remove " + record_);
  const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || !files::sync_folder(folder.get())) return failed("make durable " + target_);
  return {};
}

bool PartFile::leave() {
  if (!mine_) file_ = Descriptor();
  if (!file_) return false;
  const bool useful = size_ > 0 && bytes_ > 0;
  if (!useful || (bytes_ != checkpointed_ && !checkpoint())) {
    discard();
    return false;
  }
  file_ = Descriptor();
  return true;
}

void PartFile::discard() {
  if (!mine_) file_ = Descriptor();
  if (!file_) return;
  ::unlink(part_.c_str());
  ::unlink(record_.c_str());
  file_ = Descriptor();
  bytes_ = 0;
  found_ = 0;
  size_ = 0;
}

}  // namespace torq::app
