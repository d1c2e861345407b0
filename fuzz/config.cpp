// SPDX-License-Identifier: MIT
// A configuration file: what is refused is refused with its name and line; what is taken can be written down and taken
// again, and means the same.

#include "apps/torq/config/toml_text.hpp"
#include "fuzz/require.hpp"

namespace {

using namespace torq;
using namespace torq::app;

constexpr const char* kFile = "torq.toml";

std::string written(const ServeSettings& settings) {
  std::string text;
  for (const Setting& setting : serve_settings()) {
    const std::vector<std::string> values = setting.get(settings);
    if (values.empty() && setting.form != ValueForm::kTexts) continue;
    text += std::string(setting.name) + " = " + to_toml(setting.form, values) + "\n";
  }
  return text;
}

Result<ServeSettings, std::string> settings_of(std::string_view text) {
  const auto assignments = parse_toml(text, kFile);
  if (!assignments) return Failure(assignments.error());
  ServeSettings settings;
  const auto outcome = assign(settings, *assignments);
  if (!outcome) return Failure(outcome.error());
  return settings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto settings = settings_of({reinterpret_cast<const char*>(data), size});
  if (!settings) {
    require(settings.error().starts_with(std::string(kFile) + ":"));
    return 0;
  }
  const auto again = settings_of(written(*settings));
  require(again && *again == *settings);
  require(needing_restart(*settings, *again).empty());
  ServeSettings adopted;
  adopt(adopted, *settings);
  limits_of_worker(adopted.limits, 3);
  tcp_limits_of_worker(adopted.limits, 3);
  return 0;
}
