// SPDX-License-Identifier: MIT
#include "apps/torq/command/url_option.hpp"

#include "apps/torq/command/command_line.hpp"
namespace torq::app {

client::Url parse_url_argument(const std::string& text) {
  auto url = client::parse_url(text);
  if (!url) throw UsageError(text, url.error());
  return *url;
}

client::TrackerUrl parse_tracker_argument(const std::string& text) {
  auto url = client::parse_tracker_url(text);
  if (!url) throw UsageError(text, url.error());
  return *url;
}

client::Url parse_folder_url(const std::string& text) {
  client::Url url = parse_url_argument(text);
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

}  // namespace torq::app
