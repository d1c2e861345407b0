// SPDX-License-Identifier: MIT
#include "apps/torq/command/usage.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/torq/command/command_shape.hpp"
#include "apps/torq/command/nearest.hpp"
#include "torq/client/error.hpp"

namespace torq::app {
namespace {

// `torq`, `torq: get`, `torq: config check`: how a line about the words `where` begins.
std::string opening(const std::string& where) {
  const std::size_t space = where.find(' ');
  return space == std::string::npos ? where : where.substr(0, space) + ":" + where.substr(space);
}

std::string unknown(const char* what, const std::string& where, const std::string& typed,
                    const std::vector<std::string>& known) {
  std::string line = opening(where) + ": no " + what + " `" + client::tame(typed, 64) + "`";
  if (const auto meant = nearest(typed, known)) return line + "; did you mean `" + *meant + "`?";
  return line + "; `" + where + " --help` lists them";
}

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-' && word != "--"; }

std::string unknown_option(const std::string& where, const VerbShape& shape, const std::string& word) {
  std::vector<std::string> known;
  for (const OptionShape& option : shape.options) known.insert(known.end(), option.names.begin(), option.names.end());
  return unknown("option", where, word.substr(0, word.find('=')), known);
}

std::string unknown_verb(const std::string& where, const VerbShape& shape, const std::string& word) {
  std::vector<std::string> known;
  for (const VerbShape& verb : shape.verbs) known.push_back(verb.word());
  return unknown("verb", where, word, known);
}

/// `where`: the words that lead to `app`.
std::optional<std::string> explain(const CLI::App& app, const std::string& where) {
  for (const CLI::App* verb : app.get_subcommands()) {  // those of this command line
    if (auto line = explain(*verb, where + " " + verb->get_name())) return line;
  }
  const VerbShape shape = shape_of(app);
  const auto left_over = app.remaining();
  if (!shape.verbs.empty() && !left_over.empty() && !looks_like_option(left_over.front())) {
    return unknown_verb(where, shape, left_over.front());
  }
  const auto option = std::ranges::find_if(left_over, looks_like_option);
  if (option == left_over.end()) return std::nullopt;
  return unknown_option(where, shape, *option);
}

// CLI11's words for an option that was given too often speak of numbers of arguments.
std::string in_our_words(const std::string& fault) {
  const std::size_t at = fault.find(": At Most 1 required but received");
  if (at != std::string::npos) return fault.substr(0, at) + " can be given once";
  return fault == "A subcommand is required" ? "a verb is required" : fault;
}

std::string words_of(const CLI::App& command) {
  const auto verbs = command.get_subcommands();
  return command.get_name() + (verbs.empty() ? "" : " " + words_of(*verbs.front()));
}

}  // namespace

std::string explain_fault(const CLI::App& command, const std::string& fault) {
  constexpr std::size_t kLongest = 4096;
  const std::string words = words_of(command);
  return opening(words) + ": " + client::tame(in_our_words(fault), kLongest) + "\n`" + words + " --help` says more";
}

std::optional<std::string> explain_unknown(const CLI::App& command) { return explain(command, command.get_name()); }

}  // namespace torq::app
