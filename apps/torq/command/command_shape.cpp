// SPDX-License-Identifier: MIT
#include "apps/torq/command/command_shape.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace torq::app {
namespace {

constexpr const char* kLowerCase = "abcdefghijklmnopqrstuvwxyz-";

std::vector<std::string> alternatives(const std::string& value) {
  std::vector<std::string> words;
  std::istringstream stream(value);
  for (std::string word; std::getline(stream, word, '|');) words.push_back(word);
  return words;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  if (names.empty()) names.push_back(option.get_name());
  return names;
}

OptionShape shape_of(const CLI::Option& option) {
  OptionShape shape;
  shape.names = names_of(option);
  shape.is_flag = option.get_items_expected_max() == 0;
  if (!shape.is_flag) shape.value = option.get_type_name();
  shape.text = option.get_description();  // whose lines are the help's
  std::ranges::replace(shape.text, '\n', ' ');
  shape.standard = option.get_default_str();
  shape.group = option.get_group();
  shape.required = option.get_required();
  shape.is_positional = !option.nonpositional();
  shape.repeats =
      option.get_items_expected_max() > 1 || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  return shape;
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  const bool is_first = parent == nullptr || parent->get_parent() == nullptr;
  return is_first ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

void read(const CLI::App& app, VerbShape& shape) {
  shape.name = full_name(app);
  shape.text = app.get_description();
  shape.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->nonpositional() ? shape.options : shape.positionals).push_back(shape_of(*option));
  }
}

}  // namespace

std::vector<std::string> OptionShape::choices() const {
  const auto words = alternatives(value);
  const bool closed = std::ranges::all_of(
      words, [](const std::string& word) { return word.find_first_not_of(kLowerCase) == std::string::npos; });
  return closed ? words : std::vector<std::string>();
}

bool OptionShape::takes_files() const {
  const auto words = alternatives(value.empty() && is_positional ? names.front() : value);
  return std::ranges::find(words, "FILE") != words.end() || takes_folders_only();
}

bool OptionShape::takes_folders_only() const { return value == "DIR"; }

std::string VerbShape::word() const { return name.substr(name.rfind(' ') + 1); }

VerbShape shape_of(const CLI::App& app) {
  VerbShape shape;
  read(app, shape);
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!verb->get_group().empty()) shape.verbs.push_back(shape_of(*verb));
  }
  return shape;
}

}  // namespace torq::app
