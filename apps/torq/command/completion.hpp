// SPDX-License-Identifier: MIT
#pragma once
// Scripts by which shells complete the command line, from its shape. Pure; add_completion is the verb that prints them.

#include <string>

#include "apps/torq/command/command_shape.hpp"

namespace torq::app {

std::string bash_completion(const CommandShape& command);
std::string zsh_completion(const CommandShape& command);
std::string fish_completion(const CommandShape& command);

}  // namespace torq::app
