// SPDX-License-Identifier: MIT
#pragma once
// What the verbs' Clients have in common: sessions are kept in $XDG_STATE_HOME/torq/sessions, so that the next process
// resumes. Reads the environment, makes the folder.

#include "torq/client/options.hpp"

namespace torq::app {

/// A folder that cannot be made costs nothing but resumption.
client::Options client_options();

}  // namespace torq::app
