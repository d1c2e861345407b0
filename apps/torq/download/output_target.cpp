// SPDX-License-Identifier: MIT
#include "apps/torq/download/output_target.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace torq::app {
namespace {

// As the kernel.
constexpr int kMostLinks = 40;
constexpr const char* kInstead = "name a file, or write to standard output with -o -";

// Whatever these are links to, somebody holds it open and would not see what replaces it.
bool is_open_file(const std::string& path) {
  return path == "/dev/stdin" || path == "/dev/stdout" || path == "/dev/stderr" || path.starts_with("/dev/fd/") ||
         path.starts_with("/proc/");
}

const char* kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return nullptr;
}

}  // namespace

Result<std::string, std::string> output_target(const std::string& path) {
  std::filesystem::path at = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    if (is_open_file(at.lexically_normal().string())) return Failure(path + " is no file: " + kInstead);
    struct stat status{};
    if (::lstat(at.c_str(), &status) != 0) return at.string();
    if (const char* kind = kind_of(status.st_mode)) return Failure(path + " is " + kind + ": " + kInstead);
    if (!S_ISLNK(status.st_mode)) return at.string();
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
      return Failure(path + " is a link of somebody else: remove it, or name the file that it leads to");
    }
    std::error_code error;
    const auto link = std::filesystem::read_symlink(at, error);
    if (error) return at.string();
    at = link.is_absolute() ? link : at.parent_path() / link;
  }
  return Failure(path + " is a link that leads in a circle: remove it, or name another file");
}

}  // namespace torq::app
