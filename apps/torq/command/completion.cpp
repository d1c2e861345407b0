// SPDX-License-Identifier: MIT
#include "apps/torq/command/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace torq::app {
namespace {

std::vector<std::string> verb_words(const VerbShape& verb) {
  std::vector<std::string> words;
  for (const VerbShape& one : verb.verbs) words.push_back(one.word());
  return words;
}

/// Every verb that has no further verbs, and those that have.
std::vector<VerbShape> all_verbs(const CommandShape& command) {
  std::vector<VerbShape> verbs;
  for (const VerbShape& verb : command.verbs) {
    verbs.push_back(verb);
    verbs.insert(verbs.end(), verb.verbs.begin(), verb.verbs.end());
  }
  return verbs;
}

std::vector<std::string> option_names(const VerbShape& verb) {
  std::vector<std::string> names;
  for (const OptionShape& option : verb.options) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

/// In single quotes, for any of the three shells' command lines.
std::string quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// bash ---------------------------------------------------------------------------------------------------------------

std::string bash_offer(const OptionShape& option) {
  if (const auto choices = option.choices(); !choices.empty()) {
    return fmt::format("_torq_offer -W {}", quoted(fmt::format("{}", fmt::join(choices, " "))));
  }
  if (option.takes_folders_only()) return "_torq_offer -o filenames -d";
  if (option.takes_files()) return "_torq_offer -o filenames -f";
  return "";
}

std::string bash_values(const VerbShape& verb) {
  std::string script;
  for (const OptionShape& option : verb.options) {
    if (option.is_flag) continue;
    const std::string offer = bash_offer(option);
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) patterns.push_back(quoted(verb.name + ":" + name));
    script += fmt::format("    {}) {}return ;;\n", fmt::join(patterns, "|"), offer.empty() ? "" : offer + "; ");
  }
  return script;
}

std::string bash_words(const VerbShape& verb) {
  std::string script = fmt::format("    {}-*) _torq_offer -W {} ;;\n", quoted(verb.name + ":"),
                                   quoted(fmt::format("{}", fmt::join(option_names(verb), " "))));
  std::string offer;
  for (const OptionShape& positional : verb.positionals) offer = bash_offer(positional);
  if (!verb.verbs.empty()) offer = "_torq_offer -W " + quoted(fmt::format("{}", fmt::join(verb_words(verb), " ")));
  if (!offer.empty()) script += fmt::format("    {}*) {} ;;\n", quoted(verb.name + ":"), offer);
  return script;
}

/// Which verbs want another one behind them.
std::string bash_groups(const CommandShape& command) {
  std::string groups;
  for (const VerbShape& verb : command.verbs) groups += verb.verbs.empty() ? "" : " " + verb.name;
  return quoted(groups + " ");
}

// `=` and `:` end words there (COMP_WORDBREAKS), so `--event=st` comes as three of them.
constexpr const char* kBashHead = R"(# bash completion for torq; made by `torq completion bash`
_torq_offer() {
  if [[ $1 == -o ]]; then compopt -o "$2" 2>/dev/null; shift 2; fi
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_torq() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -* ]]; then continue; fi
    verb+=${verb:+ }${COMP_WORDS[i]}
    if [[ $_torq_groups != *" $verb "* ]]; then break; fi
  done
  if [[ $cur == = ]]; then cur=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
)";

// zsh ----------------------------------------------------------------------------------------------------------------

/// Within a specification of _arguments: brackets and colons mean something.
std::string zsh_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string zsh_value(const OptionShape& option) {
  const std::string message = zsh_text(option.value.empty() ? option.names.front() : option.value);
  if (const auto choices = option.choices(); !choices.empty()) {
    return fmt::format(":{}:({})", message, fmt::join(choices, " "));
  }
  if (option.takes_folders_only()) return fmt::format(":{}:_files -/", message);
  return fmt::format(":{}:{}", message, option.takes_files() ? "_files" : "");
}

std::vector<std::string> zsh_options(const VerbShape& verb) {
  std::vector<std::string> specs;
  for (const OptionShape& option : verb.options) {
    for (const std::string& name : option.names) {
      const std::string others =
          option.repeats ? "*" : fmt::format("({})", fmt::join(option.names, " "));  // not offered twice
      specs.push_back(quoted(
          fmt::format("{}{}[{}]{}", others, name, zsh_text(option.text), option.is_flag ? "" : zsh_value(option))));
    }
  }
  for (const OptionShape& positional : verb.positionals) {
    specs.push_back(quoted((positional.repeats ? "*" : "") + zsh_value(positional)));
  }
  return specs;
}

/// "_torq_config_check" for "config check"; the command itself is the root.
std::string zsh_name(const VerbShape& verb) {
  std::string name = verb.name == "torq" ? "_torq" : "_torq_" + verb.name;
  std::ranges::replace(name, ' ', '_');
  return name;
}

std::string zsh_arguments(const VerbShape& verb) {
  std::string script;
  for (const std::string& spec : zsh_options(verb)) script += " \\\n    " + spec;
  return script;
}

/// One for each verb, those of its verbs before it.
std::string zsh_function(const VerbShape& verb) {
  const std::string name = zsh_name(verb);
  if (verb.verbs.empty()) return fmt::format("{}() {{\n  _arguments{}\n}}\n\n", name, zsh_arguments(verb));
  std::string functions;
  std::string list;
  std::string cases;
  for (const VerbShape& one : verb.verbs) {
    functions += zsh_function(one);
    list += "    " + quoted(one.word() + ":" + zsh_text(one.text)) + "\n";
    cases += fmt::format("      {}) {} ;;\n", one.word(), zsh_name(one));
  }
  return functions + fmt::format(
                         "{}() {{\n  local curcontext=$curcontext state line\n  local -a verbs\n  verbs=(\n{}  )\n"
                         "  _arguments -C{} \\\n    '1:verb:->verb' \\\n    '*::argument:->arguments'\n"
                         "  case $state in\n    verb) _describe verb verbs ;;\n    arguments) case $line[1] in\n{}"
                         "    esac ;;\n  esac\n}}\n\n",
                         name, list, zsh_arguments(verb), cases);
}

// fish ---------------------------------------------------------------------------------------------------------------

std::string fish_value(const OptionShape& option) {
  if (const auto choices = option.choices(); !choices.empty()) {
    return fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(choices, " "))));
  }
  if (option.takes_folders_only()) return " -x -a '(__fish_complete_directories)'";
  return option.takes_files() ? " -r -F" : " -x";
}

std::string fish_option(const std::string& condition, const OptionShape& option) {
  std::string line = fmt::format("complete -c torq -n '{}'", condition);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.is_flag) line += fish_value(option);
  return line + " -d " + quoted(option.text) + "\n";
}

/// `condition`: that the words which lead to this verb are there.
std::string fish_verb(const VerbShape& verb, const std::string& condition) {
  const std::string words = fmt::format("{}", fmt::join(verb_words(verb), " "));
  const std::string with = condition.empty() ? "" : condition + "; and ";
  const std::string here = verb.verbs.empty() ? condition : with + "not __fish_seen_subcommand_from " + words;
  std::string script;
  for (const OptionShape& option : verb.options) script += fish_option(here, option);
  for (const OptionShape& positional : verb.positionals) {
    if (positional.choices().empty() && !positional.takes_files()) continue;
    script += fmt::format("complete -c torq -n '{}'{} -d {}\n", here, fish_value(positional), quoted(positional.text));
  }
  for (const VerbShape& one : verb.verbs) {
    script += fmt::format("complete -c torq -n '{}' -a {} -d {}\n", here, one.word(), quoted(one.text));
    script += fish_verb(one, with + "__fish_seen_subcommand_from " + one.word());
  }
  return script;
}

}  // namespace

std::string bash_completion(const CommandShape& command) {
  const auto verbs = all_verbs(command);
  std::string script = kBashHead;
  script += "  case $verb:$before in\n";
  for (const VerbShape& verb : verbs) script += bash_values(verb);
  script += "  esac\n  case $verb:$cur in\n";
  script += fmt::format("    :-*) _torq_offer -W {} ;;\n    :*) _torq_offer -W {} ;;\n",
                        quoted(fmt::format("{}", fmt::join(option_names(command), " "))),
                        quoted(fmt::format("{}", fmt::join(verb_words(command), " "))));
  for (const VerbShape& verb : verbs) script += bash_words(verb);
  return script + "  esac\n}\n_torq_groups=" + bash_groups(command) + "\ncomplete -F _torq torq\n";
}

std::string zsh_completion(const CommandShape& command) {
  const std::string head = "#compdef torq\n# zsh completion for torq; made by `torq completion zsh`\n\n";
  // Autoloaded from a file called _torq, or sourced.
  return head + zsh_function(command) +
         "if [[ $funcstack[1] == _torq ]]; then _torq \"$@\"; else compdef _torq torq; fi\n";
}

std::string fish_completion(const CommandShape& command) {
  const std::string head = "# fish completion for torq; made by `torq completion fish`\ncomplete -c torq -f\n";
  return head + fish_verb(command, "");
}

}  // namespace torq::app
