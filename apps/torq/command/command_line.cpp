// SPDX-License-Identifier: MIT
#include "apps/torq/command/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace torq::app {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::takes(const std::string& value) {
  option_->type_name(value);
  return *this;
}

Option& Option::check(const std::function<std::string(const std::string&)>& fault) {
  option_->check(fault);
  return *this;
}

Option& Option::under(const std::string& heading) {
  option_->group(heading);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::or_environment(const std::string& variable) {
  option_->envname(variable);
  return *this;
}

Option& Option::says_default(const std::string& text) {
  option_->default_str(text);
  return *this;
}

Option& Option::takes_one_each(bool all_count) {
  option_->expected(1)->allow_extra_args(false);
  option_->multi_option_policy(all_count ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  return *this;
}

Verb Verb::verb(const std::string& name, const std::string& text) {
  return {*app_->add_subcommand(name, text), *action_};
}

void Verb::footer(const std::string& text) { app_->footer(text); }
void Verb::hide() { app_->group(""); }
void Verb::needs_verb() { app_->require_subcommand(1); }

template <class T>
Option Verb::option(const std::string& names, T& value, const std::string& text) {
  CLI::Option* option = app_->add_option(names, value, text);
  // `--pin -o x` takes `-o` for the pin, and would complain of `x`.
  if (!option->get_positional()) {
    option->check([app = app_](const std::string& word) {
      const bool is_option = word.starts_with('-') && app->get_option_no_throw(word) != nullptr;
      return is_option ? "needs a value before " + word : std::string();
    });
  }
  return Option(option);
}

template Option Verb::option(const std::string&, std::string&, const std::string&);
template Option Verb::option(const std::string&, std::optional<std::string>&, const std::string&);
template Option Verb::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Verb::option(const std::string&, unsigned&, const std::string&);
template Option Verb::option(const std::string&, std::uint16_t&, const std::string&);
template Option Verb::option(const std::string&, std::uint64_t&, const std::string&);
template Option Verb::option(const std::string&, std::optional<std::uint64_t>&, const std::string&);
template Option Verb::option(const std::string&, std::optional<std::int64_t>&, const std::string&);

Option Verb::flag(const std::string& names, bool& value, const std::string& text) {
  return Option(app_->add_flag(names, value, text));
}

std::string Verb::version() const { return app_->version(); }

void Verb::runs(Action action) {
  app_->callback([target = action_, action = std::move(action)] { *target = action; });
}

}  // namespace torq::app
