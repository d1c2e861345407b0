// SPDX-License-Identifier: MIT
#pragma once
// A URL on the command line.

#include <string>

#include "torq/client/tracker_url.hpp"
#include "torq/client/url.hpp"

namespace torq::app {

/// Throws UsageError, which names the text and what is wrong with it.
client::Url parse_url_argument(const std::string& text);
/// The same of any tracker.
client::TrackerUrl parse_tracker_argument(const std::string& text);
/// The same of a folder, which is named without a slash at its end.
client::Url parse_folder_url(const std::string& text);

}  // namespace torq::app
