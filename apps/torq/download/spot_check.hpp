// SPDX-License-Identifier: MIT
#pragma once
// Whether a part that an earlier run left is still the beginning of the server's file, as far as some places of it
// tell. Servers tell no version of a file: this finds one that was written anew, not one in which a few bytes were
// changed.

#include <functional>
#include <memory>

#include "apps/torq/command/foreground.hpp"
#include "apps/torq/download/part_file.hpp"
#include "torq/client/client.hpp"

namespace torq::app {

/// `done`, on the main thread: false when a place differs. A place that the server does not show says nothing.
/// `client` and `foreground` must outlive the call.
void spot_check(client::Client& client, Foreground& foreground, const client::Server& server, const std::string& name,
                const PartFile& part, std::function<void(bool)> done);

}  // namespace torq::app
