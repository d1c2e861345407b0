// SPDX-License-Identifier: MIT
#include "apps/torq/command/client_options.hpp"

#include "apps/torq/state/state_dir.hpp"
#include "torq/client/session_store.hpp"
#include "torq/files/private_folders.hpp"

namespace torq::app {

client::Options client_options() {
  client::Options options;
  const auto state = state_path(std::nullopt, read_state_environment());
  if (!state) return options;
  const std::string folder = *state + "/sessions";
  if (files::make_private_folders(folder)) options.sessions = client::sessions_in_folder(folder);
  return options;
}

}  // namespace torq::app
