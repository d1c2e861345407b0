// SPDX-License-Identifier: MIT
#pragma once
// The settings of `torq serve` from all the places where they may be said: command line over environment over file over
// default. Reads the file anew each time, for SIGHUP.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/torq/config/settings.hpp"
#include "torq/base/result.hpp"

namespace torq::app {

struct SettingSources {
  std::optional<std::string> file;
  std::vector<std::string> environment;  ///< NAME=value
  std::vector<Assignment> flags;
};

/// The error names the place, what is wrong there, and what would be right.
Result<ServeSettings, std::string> load_settings(const SettingSources& sources);

/// A configuration file of at most 1 MiB.
Result<std::vector<Assignment>, std::string> read_config(const std::string& path);

/// Where `name` was said last; empty: nowhere.
std::string origin_of(std::span<const Assignment> said, std::string_view name);

std::vector<std::string> read_environment();

}  // namespace torq::app
