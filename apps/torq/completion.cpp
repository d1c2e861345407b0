// SPDX-License-Identifier: MIT
#include "apps/torq/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace torq::app {
namespace {

std::vector<std::string> verb_names(const CommandShape& command) {
  std::vector<std::string> names;
  for (const VerbShape& verb : command.verbs) names.push_back(verb.name);
  return names;
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
    for (const std::string& name : option.names) patterns.push_back(verb.name + ":" + name);
    script += fmt::format("    {}) {}return ;;\n", fmt::join(patterns, "|"), offer.empty() ? "" : offer + "; ");
  }
  return script;
}

std::string bash_words(const VerbShape& verb) {
  std::string script = fmt::format("    {}:-*) _torq_offer -W {} ;;\n", verb.name,
                                   quoted(fmt::format("{}", fmt::join(option_names(verb), " "))));
  for (const OptionShape& positional : verb.positionals) {
    const std::string offer = bash_offer(positional);
    if (!offer.empty()) script += fmt::format("    {}:*) {} ;;\n", verb.name, offer);
  }
  return script;
}

// `=` and `:` end words there (COMP_WORDBREAKS), so `--event=st` comes as three of them.
constexpr const char* kBashHead = R"(# bash completion for torq; made by `torq completion bash`
_torq_offer() {
  if [[ $1 == -o ]]; then compopt -o "$2" 2>/dev/null; shift 2; fi
  mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_torq() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then verb=${COMP_WORDS[i]}; break; fi
  done
  COMPREPLY=()
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

}  // namespace

std::string bash_completion(const CommandShape& command) {
  std::string script = kBashHead;
  script += "  case $verb:$before in\n";
  for (const VerbShape& verb : command.verbs) script += bash_values(verb);
  script += "  esac\n  case $verb:$cur in\n";
  script += fmt::format("    :-*) _torq_offer -W {} ;;\n    :*) _torq_offer -W {} ;;\n",
                        quoted(fmt::format("{}", fmt::join(option_names(command), " "))),
                        quoted(fmt::format("{}", fmt::join(verb_names(command), " "))));
  for (const VerbShape& verb : command.verbs) script += bash_words(verb);
  return script + "  esac\n}\ncomplete -F _torq torq\n";
}

std::string zsh_completion(const CommandShape& command) {
  std::string script = "#compdef torq\n# zsh completion for torq; made by `torq completion zsh`\n\n_torq() {\n";
  script += "  local curcontext=$curcontext state line\n  local -a verbs\n  verbs=(\n";
  for (const VerbShape& verb : command.verbs) {
    script += "    " + quoted(verb.name + ":" + zsh_text(verb.text)) + "\n";
  }
  script += "  )\n  _arguments -C";
  for (const std::string& spec : zsh_options(command)) script += " \\\n    " + spec;
  script += " \\\n    '1:verb:->verb' \\\n    '*::argument:->arguments'\n";
  script += "  case $state in\n    verb) _describe verb verbs ;;\n    arguments)\n      case $line[1] in\n";
  for (const VerbShape& verb : command.verbs) {
    script += fmt::format("        {}) _arguments", verb.name);
    for (const std::string& spec : zsh_options(verb)) script += " \\\n          " + spec;
    script += " ;;\n";
  }
  script += "      esac ;;\n  esac\n}\n\n";
  // Autoloaded from a file called _torq, or sourced.
  return script + "if [[ $funcstack[1] == _torq ]]; then _torq \"$@\"; else compdef _torq torq; fi\n";
}

std::string fish_completion(const CommandShape& command) {
  std::string script = "# fish completion for torq; made by `torq completion fish`\ncomplete -c torq -f\n";
  const std::string no_verb = fmt::format("not __fish_seen_subcommand_from {}", fmt::join(verb_names(command), " "));
  for (const OptionShape& option : command.options) script += fish_option(no_verb, option);
  for (const VerbShape& verb : command.verbs) {
    script += fmt::format("complete -c torq -n '{}' -a {} -d {}\n", no_verb, verb.name, quoted(verb.text));
    const std::string condition = "__fish_seen_subcommand_from " + verb.name;
    for (const OptionShape& option : verb.options) script += fish_option(condition, option);
    for (const OptionShape& positional : verb.positionals) {
      if (positional.choices().empty() && !positional.takes_files()) continue;
      script +=
          fmt::format("complete -c torq -n '{}'{} -d {}\n", condition, fish_value(positional), quoted(positional.text));
    }
  }
  return script;
}

}  // namespace torq::app
