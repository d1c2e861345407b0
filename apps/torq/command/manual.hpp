// SPDX-License-Identifier: MIT
#pragma once
// Manual pages (man(7), troff) from the command line's shape: torq.1 and one page for each verb. Pure; add_manual is
// the hidden verb that writes them, for the build.

#include <string>
#include <vector>

#include "apps/torq/command/command_shape.hpp"

namespace torq::app {

struct ManualPage {
  std::string file;  ///< "torq-get.1"
  std::string text;
};

/// `version` stands at the foot of each page.
std::vector<ManualPage> manual_pages(const CommandShape& command, const std::string& version);

}  // namespace torq::app
