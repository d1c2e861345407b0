// SPDX-License-Identifier: MIT
#include "apps/torq/usage.hpp"

#include <CLI/CLI.hpp>

#include "apps/torq/command_shape.hpp"
#include "apps/torq/nearest.hpp"
#include "torq/client/error.hpp"

namespace torq::app {
namespace {

std::string unknown(const char* what, const std::string& where, const std::string& typed,
                    const std::vector<std::string>& known) {
  std::string line = where + ": no " + what + " `" + client::tame(typed, 64) + "`";
  if (const auto meant = nearest(typed, known)) return line + "; did you mean `" + *meant + "`?";
  return line + "; `" + where + " --help` lists them";
}

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-' && word != "--"; }

std::optional<std::string> unknown_option(const std::string& where, const VerbShape& shape,
                                          const std::vector<std::string>& left_over) {
  for (const std::string& word : left_over) {
    if (!looks_like_option(word)) continue;
    std::vector<std::string> known;
    for (const OptionShape& option : shape.options) known.insert(known.end(), option.names.begin(), option.names.end());
    return unknown("option", where, word.substr(0, word.find('=')), known);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> explain_unknown(const CLI::App& command) {
  const CommandShape shape = shape_of(command);
  const std::string name = command.get_name();
  const auto verbs = command.get_subcommands();  // those of this command line
  for (const CLI::App* verb : verbs) {
    auto line = unknown_option(name + " " + verb->get_name(), verb_shape_of(*verb), verb->remaining());
    if (line) return line;
  }
  const auto left_over = command.remaining();
  if (left_over.empty()) return std::nullopt;
  if (looks_like_option(left_over.front())) return unknown_option(name, shape, left_over);
  std::vector<std::string> known;
  for (const VerbShape& verb : shape.verbs) known.push_back(verb.name);
  return unknown("verb", name, left_over.front(), known);
}

}  // namespace torq::app
