// SPDX-License-Identifier: MIT
#pragma once
// A running `torq serve`: this is where the house is put together. Main makes one from its settings and runs it on its
// own thread until a signal ends it; requests are the workers' business (worker.hpp).

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/torq/config/load.hpp"
#include "apps/torq/server/listeners.hpp"
#include "apps/torq/server/signal_watch.hpp"

namespace torq::app {

/// What stops the server from starting, for people.
struct StartError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whom it can be asked by, once it can.
struct Ready {
  std::vector<Listening> doors;
  std::string pin;
  std::string root;  ///< the whole path
  unsigned workers = 0;
};

class Server {
 public:
  /// Binds its addresses. `settings` came from `sources`, which SIGHUP reads again. Throws StartError.
  Server(SettingSources sources, ServeSettings settings);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Ready& ready() const;
  /// Calls `started` when all workers serve; false from it ends them at once. An end that `signals` tells of is one in
  /// order: requests under way are answered. SIGHUP reloads, and logs what came of it. Who asks on the status socket is
  /// answered, and a service manager told.
  void run(SignalWatch& signals, const std::function<bool(Log&)>& started);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::app
