// SPDX-License-Identifier: MIT
#include "apps/torq/config/load.hpp"

#include <unistd.h>

#include "apps/torq/config/toml_text.hpp"
#include "torq/files/small_file.hpp"

namespace torq::app {

Result<std::vector<Assignment>, std::string> read_config(const std::string& path) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  const auto text = files::read_file(path, kMostBytes);
  if (!text) return Failure("the configuration file cannot be read: " + to_string(text.error()));
  return parse_toml(*text, path);
}

Result<ServeSettings, std::string> load_settings(const SettingSources& sources) {
  std::vector<Assignment> said;
  if (sources.file) {
    auto in_file = read_config(*sources.file);
    if (!in_file) return Failure(in_file.error());
    said = std::move(*in_file);
  }
  const auto in_environment = from_environment(sources.environment);
  said.insert(said.end(), in_environment.begin(), in_environment.end());
  said.insert(said.end(), sources.flags.begin(), sources.flags.end());
  ServeSettings settings;
  const auto applied = assign(settings, said);
  if (!applied) return Failure(applied.error());
  if (settings.cert.has_value() != settings.key.has_value()) {
    return Failure(origin_of(said, settings.cert ? "cert" : "key") +
                   ": cert and key belong together: name both, or neither for a self-signed certificate");
  }
  return settings;
}

std::string origin_of(std::span<const Assignment> said, std::string_view name) {
  std::string origin;
  for (const Assignment& assignment : said) {
    if (assignment.name == name) origin = assignment.origin;
  }
  return origin;
}

std::vector<std::string> read_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

}  // namespace torq::app
