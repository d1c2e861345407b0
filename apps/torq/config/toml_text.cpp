// SPDX-License-Identifier: MIT
#include "apps/torq/config/toml_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <sstream>

#include "apps/torq/command/nearest.hpp"

namespace torq::app {
namespace {

using Texts = std::vector<std::string>;

std::string at(const std::string& file, const toml::source_region& where) {
  return fmt::format("{}:{}", file, where.begin.line);
}

std::string shown_form(ValueForm form) {
  switch (form) {
    case ValueForm::kNumber:
      return "a whole number, for example 60";
    case ValueForm::kText:
      return "a text in quotes";
    case ValueForm::kTexts:
      return R"(a list of texts, for example ["one", "two"])";
  }
  return {};
}

std::optional<Texts> texts_of(const toml::array& array) {
  Texts texts;
  for (const toml::node& node : array) {
    const auto text = node.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

std::optional<Texts> values_of(ValueForm form, const toml::node& node) {
  if (form == ValueForm::kNumber) {
    const auto number = node.value_exact<std::int64_t>();
    return number ? std::optional(Texts{std::to_string(*number)}) : std::nullopt;
  }
  if (const auto text = node.value_exact<std::string>()) return Texts{*text};
  if (form == ValueForm::kTexts && node.is_array()) return texts_of(*node.as_array());
  return std::nullopt;
}

std::string unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Setting& setting : serve_settings()) names.emplace_back(setting.name);
  const auto near = nearest(name, names);
  return fmt::format("there is no setting `{}`{}", name,
                     near ? "; did you mean `" + *near + "`?" : "; `torq config template` shows those there are");
}

}  // namespace

Result<std::vector<Assignment>, std::string> parse_toml(std::string_view text, const std::string& file) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return Failure(fmt::format("{}: {}", at(file, error.source()), error.description()));
  }
  std::vector<Assignment> assignments;
  for (const auto& [key, node] : table) {
    const std::string where = at(file, key.source());
    const Setting* setting = find_setting(key.str());
    if (setting == nullptr) return Failure(where + ": " + unknown(key.str()));
    const auto values = values_of(setting->form, node);
    if (!values) return Failure(fmt::format("{}: {} must be {}", where, setting->name, shown_form(setting->form)));
    assignments.push_back({std::string(setting->name), *values, where});
  }
  return assignments;
}

std::string to_toml(ValueForm form, const std::vector<std::string>& values) {
  const auto quoted = [](const std::string& text) {
    std::ostringstream out;
    out << toml::value<std::string>(text);
    return out.str();
  };
  if (form == ValueForm::kNumber) return values.front();
  if (form == ValueForm::kText) return values.empty() ? "\"\"" : quoted(values.front());
  Texts parts;
  for (const std::string& text : values) parts.push_back(quoted(text));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

}  // namespace torq::app
