// SPDX-License-Identifier: MIT
#pragma once
// Where a file goes that a person wants under a name: what -o must not replace is refused here, before anything is
// fetched. Not which name that is (output_paths.hpp). Main thread.

#include <string>

#include "torq/base/result.hpp"

namespace torq::app {

/// What is to be replaced or made: `path`, or where it leads if it is a symbolic link, which then stays. The error says
/// why not, and what to do: a pipe, a device or a socket, links in a circle, a link of somebody else (in /tmp anybody
/// may leave one). A folder is none of these; nor is what cannot be looked at, as writing will show.
Result<std::string, std::string> output_target(const std::string& path);

}  // namespace torq::app
