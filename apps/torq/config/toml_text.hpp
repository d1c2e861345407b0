// SPDX-License-Identifier: MIT
#pragma once
// Settings as TOML text, both ways (TOML 1.0). Knows the grammar and the names of the settings, not what their values
// mean; reads no file. Stateless.

#include <string>
#include <string_view>
#include <vector>

#include "apps/torq/config/settings.hpp"
#include "torq/base/result.hpp"

namespace torq::app {

/// `file` is the name for errors. The error gives file, line, what is wrong and, of a name, the nearest that there is.
Result<std::vector<Assignment>, std::string> parse_toml(std::string_view text, const std::string& file);

std::string to_toml(ValueForm form, const std::vector<std::string>& values);

}  // namespace torq::app
