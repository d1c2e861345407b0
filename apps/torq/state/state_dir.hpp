// SPDX-License-Identifier: MIT
#pragma once
// The folder in which a server keeps what must survive it: its identity, later its snapshots. Held by one server at a
// time. Not a store: what lies in it is its users' business. Belongs to one thread; main makes one before any worker.

#include <optional>
#include <string>

#include "torq/base/result.hpp"
#include "torq/files/descriptor.hpp"

namespace torq::app {

/// What the environment says of it (XDG Base Directory Specification 0.8).
struct StateEnvironment {
  std::optional<std::string> xdg_state_home;
  std::optional<std::string> home;
};
StateEnvironment read_state_environment();

/// `option` (--state) as it is, else $XDG_STATE_HOME/torq, else $HOME/.local/state/torq. The specification has us
/// ignore a relative XDG_STATE_HOME. The error asks for --state.
Result<std::string, std::string> state_path(const std::optional<std::string>& option,
                                            const StateEnvironment& environment);

class StateDirectory {
 public:
  /// Makes the folder and those above it (0700) when they are missing, and locks it until this object goes or the
  /// process ends, however it ends. The error is for people: it names the folder and, of another server, the process.
  static Result<StateDirectory, std::string> open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  StateDirectory(std::string path, files::Descriptor lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  files::Descriptor lock_;
};

}  // namespace torq::app
