// SPDX-License-Identifier: MIT
#pragma once
// Telling a service manager how far we are: the datagrams of sd_notify(3), which are so simple that they need no
// library. Without a manager nothing is sent. Never waits. Main thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "torq/files/descriptor.hpp"

namespace torq::app {

struct NotifyEnvironment {
  std::string socket;                                      ///< $NOTIFY_SOCKET: a path, or `@` and an abstract name
  std::optional<std::chrono::microseconds> watchdog = {};  ///< $WATCHDOG_USEC, when $WATCHDOG_PID is us or nobody
};
NotifyEnvironment read_notify_environment();

class Notify {
 public:
  explicit Notify(NotifyEnvironment environment);

  /// `status` is what `systemctl status` shows.
  void ready(std::string_view status);
  void reloading();
  /// It may take so long.
  void stopping(std::chrono::seconds longest);
  void beat();

  /// Within each such time beat() must be called; nothing: nobody listens for it.
  std::optional<std::chrono::microseconds> watchdog() const { return environment_.watchdog; }

 private:
  void send(std::string_view state);

  NotifyEnvironment environment_;
  files::Descriptor socket_;
};

}  // namespace torq::app
