// SPDX-License-Identifier: MIT
#pragma once
// What a verb says of itself on the command line, and what it gets from there. It is CLI11 behind a thin door: its
// header took most of the time that each verb needed to build, so command_line.cpp reads it once for all. Main thread.

#include <functional>
#include <stdexcept>
#include <string>

#include "apps/torq/command/verb.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace torq::app {

/// A word that cannot be used: main says it, with the way to the help, and ends with kUsage.
struct UsageError : std::runtime_error {
  UsageError(const std::string& word, const std::string& wrong) : std::runtime_error(word + ": " + wrong) {}
  using std::runtime_error::runtime_error;
};

/// An option, a flag or a positional, while it is declared.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  /// What stands for its value in the help: `PORT`, or `started|stopped`.
  Option& takes(const std::string& value);
  /// `fault` says what is wrong with a text, and nothing of a good one.
  Option& check(const std::function<std::string(const std::string&)>& fault);
  Option& under(const std::string& heading);
  Option& excludes(const Option& other);
  Option& or_environment(const std::string& variable);
  Option& says_default(const std::string& text);
  /// Each time it is given it takes one value: all count, or the last.
  Option& takes_one_each(bool all_count);

 private:
  CLI::Option* option_;
};

/// A verb, or the command itself, while it is declared.
class Verb {
 public:
  /// `action` is set when the command line names the verb; it outlives the parsing, as does `app`.
  Verb(CLI::App& app, Action& action) : app_(&app), action_(&action) {}

  Verb verb(const std::string& name, const std::string& text);
  void footer(const std::string& text);
  void hide();
  void needs_verb();

  /// Of `-o,--output`, or a positional of a name in capitals. `value` is a string, a whole number, one of these that
  /// may be absent (std::optional), or a list of strings; it must live until the verb has run.
  template <class T>
  Option option(const std::string& names, T& value, const std::string& text);
  Option flag(const std::string& names, bool& value, const std::string& text);

  void runs(Action action);

  std::string version() const;
  const CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
  Action* action_;
};

}  // namespace torq::app
