// SPDX-License-Identifier: MIT
#include "apps/torq/state/state_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "torq/files/private_folders.hpp"
#include "torq/files/small_file.hpp"

namespace torq::app {
namespace {

using files::Descriptor;
using files::last_error;

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  // Set but empty counts as unset (the specification's words).
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

/// Of the server that holds the lock, as far as its file says.
std::string holder_of(const std::string& lock_path) {
  constexpr std::size_t kLongestPid = 32;
  const auto text = files::read_file(lock_path, kLongestPid);
  int pid = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc() || pid <= 0) return "";
  return " (process " + std::to_string(pid) + ")";
}

/// Best effort: the lock holds without it; the number only helps to find who holds it.
void write_pid(const Descriptor& lock) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0) return;
  [[maybe_unused]] const ssize_t n = ::pwrite(lock.get(), text.data(), text.size(), 0);
}

}  // namespace

StateEnvironment read_state_environment() {
  return {environment_variable("XDG_STATE_HOME"), environment_variable("HOME")};
}

Result<std::string, std::string> state_path(const std::optional<std::string>& option,
                                            const StateEnvironment& environment) {
  if (option) {
    if (option->empty()) return Failure<std::string>("--state needs the name of a folder");
    return *option;
  }
  if (environment.xdg_state_home && environment.xdg_state_home->starts_with('/')) {
    return *environment.xdg_state_home + "/torq";
  }
  if (environment.home) return *environment.home + "/.local/state/torq";
  return Failure<std::string>("neither XDG_STATE_HOME nor HOME is set: say with --state where to keep the state");
}

Result<StateDirectory, std::string> StateDirectory::open(const std::string& path) {
  if (const auto made = files::make_private_folders(path); !made)
    return Failure("state directory: " + to_string(made.error()));
  const std::string lock_path = path + "/lock";
  // The file stays when the server goes: to remove it would let two servers lock two files of one name.
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) return Failure("state directory: " + to_string(last_error("open " + lock_path)));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failure("state directory: " + to_string(last_error("lock " + lock_path)));
    return Failure("the state directory " + path + " is in use by another server" + holder_of(lock_path) +
                   "; stop that one, or choose another directory with --state");
  }
  write_pid(lock);
  return StateDirectory(path, std::move(lock));
}

}  // namespace torq::app
