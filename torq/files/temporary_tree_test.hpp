// SPDX-License-Identifier: MIT
#pragma once
// A folder of its own for one test, with a root inside and room beside it for what must never be served:
//   <temporary>/outside.txt   <temporary>/root/...
// Verbs take paths relative to the root and make the folders on the way. Removed with all its content at the end.

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace torq::files {

class TemporaryTree {
 public:
  TemporaryTree() {
    std::string name = std::filesystem::temp_directory_path() / "torq-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    base_ = name;
    // Open to all: a test may go on as another user.
    std::filesystem::permissions(base_, std::filesystem::perms(0755));
    std::filesystem::create_directory(base_ / "root");
    file("../outside.txt", "secret");
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() {
    // As a user without privileges: a closed folder has to be opened before it can be emptied.
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             base_, std::filesystem::directory_options::skip_permission_denied, ignored)) {
      if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
        std::filesystem::permissions(entry.path(), std::filesystem::perms(0755), ignored);
      }
    }
    std::filesystem::remove_all(base_, ignored);
  }

  std::string root() const { return base_ / "root"; }
  std::string path(const std::string& name) const { return base_ / "root" / name; }

  void file(const std::string& name, const std::string& text) {
    std::ofstream(prepared(name), std::ios::binary) << text;
  }
  void sparse_file(const std::string& name, std::uint64_t size) {
    file(name, "");
    check(::truncate(path(name).c_str(), static_cast<off_t>(size)), name);
  }
  void folder(const std::string& name) { std::filesystem::create_directories(path(name)); }
  void link(const std::string& name, const std::string& target) {
    check(::symlink(target.c_str(), prepared(name).c_str()), name);
  }
  void fifo(const std::string& name) { check(::mkfifo(prepared(name).c_str(), 0666), name); }
  void socket(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    prepared(name).copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(fd);
    check(bound, name);
  }
  /// Another /dev/zero; false where we may not make devices.
  [[nodiscard]] bool device(const std::string& name) {
    return ::mknod(prepared(name).c_str(), S_IFCHR | 0666, ::makedev(1, 5)) == 0;
  }
  void permissions(const std::string& name, unsigned mode) {
    std::filesystem::permissions(path(name), std::filesystem::perms(mode));
  }
  void remove(const std::string& name) { std::filesystem::remove_all(path(name)); }
  void rename(const std::string& from, const std::string& to) { std::filesystem::rename(path(from), prepared(to)); }

  std::string text(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t entries(const std::string& folder) const {
    using Iterator = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Iterator(path(folder)), Iterator()));
  }

 private:
  static void check(int result, const std::string& name) {
    if (result != 0) throw std::runtime_error("cannot make " + name);
  }
  std::string prepared(const std::string& name) const {
    const std::filesystem::path full = path(name);
    std::filesystem::create_directories(full.parent_path());
    return full;
  }

  std::filesystem::path base_;
};

/// For its lifetime this thread touches files as a user without privileges; as root that is `nobody`.
class Unprivileged {
 public:
  Unprivileged() : uid_(::geteuid()) {
    if (uid_ == 0) ::setfsuid(kNobody);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() { ::setfsuid(uid_); }

 private:
  static constexpr uid_t kNobody = 65534;
  uid_t uid_;
};

/// For its lifetime the process can open nothing more.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace torq::files
