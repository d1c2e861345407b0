// SPDX-License-Identifier: MIT
#pragma once
// Folders for what is one user's business alone: states, keys, what a client knows of its servers. The operator names
// them, not a peer. Stateless; any thread.

#include <string>

#include "torq/base/result.hpp"
#include "torq/files/errors.hpp"

namespace torq::files {

/// Makes `path` and the folders above it (0700) where they are missing. Those that are there stay as they are.
[[nodiscard]] Result<void, SystemError> make_private_folders(const std::string& path);

}  // namespace torq::files
