// SPDX-License-Identifier: MIT
#include "apps/torq/command/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace torq::app {
namespace {

/// A character beyond ASCII by its number, so that no reader has to guess the encoding (groff_char(7)).
std::string by_number(std::string_view& rest) {
  const auto lead = static_cast<unsigned char>(rest.front());
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  std::uint32_t code = lead & (0xffU >> (length + 1));
  for (const char c : rest.substr(1, length - 1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  rest.remove_prefix(std::min(length, rest.size()));
  return fmt::format("\\[u{:04X}]", code);
}

/// Dashes and quotes as they are typed in a shell, not as typesetters like them.
std::string plain(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '~':
      return "\\(ti";
    case '^':
      return "\\(ha";
    case '`':
      return "\\(ga";
    case '\'':
      return "\\(aq";
    default:
      return std::string(1, c);
  }
}

/// Text letter by letter: a dot or quote at a line's beginning would be a request.
std::string troff(const std::string& text) {
  std::string escaped;
  for (std::string_view rest = text; !rest.empty();) {
    if (static_cast<unsigned char>(rest.front()) >= 0x80) {
      escaped += by_number(rest);
      continue;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    const bool at_begin = escaped.empty() || escaped.back() == '\n';
    if (at_begin && (c == '.' || c == '\'')) escaped += "\\&";
    escaped += plain(c);
  }
  return escaped;
}

std::string capitals(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string head(const std::string& name, const std::string& version, const std::string& text) {
  return fmt::format(".TH \"{}\" \"1\" \"\" \"torq {}\" \"torq\"\n.SH NAME\n{} \\- {}\n", troff(capitals(name)),
                     version, troff(name), troff(text));
}

std::string synopsis(const std::string& words, const VerbShape& verb) {
  std::string line = fmt::format(".SH SYNOPSIS\n.B {}\n", troff(words));
  for (const OptionShape& option : verb.options) {
    if (option.required) line += fmt::format(".B {}\n.I {}\n", troff(option.names.front()), troff(option.value));
  }
  if (!verb.verbs.empty()) line += ".I VERB\n";
  line += "[\\fIOPTION\\fR ...]\n";
  for (const OptionShape& positional : verb.positionals) {
    line += fmt::format("\\fI{}\\fR{}\n", troff(positional.names.front()), positional.repeats ? " ..." : "");
  }
  return line;
}

std::string entry(const OptionShape& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back("\\fB" + troff(name) + "\\fR" +
                    (option.value.empty() ? "" : " \\fI" + troff(option.value) + "\\fR"));
  }
  std::string text = option.text;
  if (!option.standard.empty()) text += " (default: " + option.standard + ")";
  return fmt::format(".TP\n{}\n{}\n", fmt::join(names, ", "), troff(text));
}

std::string entries(const VerbShape& verb) {
  std::string text;
  if (!verb.positionals.empty()) text += ".SH ARGUMENTS\n";
  for (const OptionShape& positional : verb.positionals) text += entry(positional);
  std::string group = "";
  for (const OptionShape& option : verb.options) {
    if (option.group != group) text += ".SH " + capitals(option.group) + "\n";
    group = option.group;
    text += entry(option);
  }
  return text;
}

/// The help's last paragraphs. Lines after "Examples:" that are indented are shown as they are.
std::string notes(const std::string& footer) {
  std::istringstream stream(footer);
  bool has_heading = footer.empty() || footer.starts_with("Examples:");
  std::string text = has_heading ? "" : ".SH NOTES\n";
  bool verbatim = false;
  for (std::string line; std::getline(stream, line);) {
    const bool indented = line.starts_with("  ");
    if (indented != verbatim) text += indented ? ".nf\n" : ".fi\n.PP\n";
    verbatim = indented;
    if (line == "Examples:") {
      text += ".SH EXAMPLES\n";
    } else if (line.empty()) {
      text += has_heading ? ".SH NOTES\n" : ".PP\n";
      has_heading = false;
    } else {
      text += troff(indented ? line.substr(2) : line) + "\n";
    }
  }
  return text + (verbatim ? ".fi\n" : "");
}

/// "torq-config-check", for a page's name.
std::string page_name(const std::string& command, const VerbShape& verb) {
  std::string name = verb.name == command ? command : command + "-" + verb.name;
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string verbs_of(const VerbShape& verb) {
  std::string text = verb.verbs.empty() ? "" : ".SH VERBS\n";
  for (const VerbShape& one : verb.verbs) text += fmt::format(".TP\n.B {}\n{}\n", troff(one.word()), troff(one.text));
  return text;
}

std::string see_also(const std::string& command, const VerbShape& verb) {
  std::vector<std::string> pages;
  if (verb.name != command) pages.push_back(command);
  for (const VerbShape& one : verb.verbs) pages.push_back(troff(page_name(command, one)));
  return fmt::format(".SH SEE ALSO\n.BR {} (1)\n", fmt::join(pages, " (1),\n.BR "));
}

void add_pages(std::vector<ManualPage>& pages, const std::string& command, const std::string& version,
               const VerbShape& verb) {
  const std::string name = page_name(command, verb);
  const std::string words = verb.name == command ? command : command + " " + verb.name;
  pages.push_back({name + ".1", head(name, version, verb.text) + synopsis(words, verb) + verbs_of(verb) +
                                    entries(verb) + notes(verb.footer) + see_also(command, verb)});
  for (const VerbShape& one : verb.verbs) add_pages(pages, command, version, one);
}

}  // namespace

std::vector<ManualPage> manual_pages(const CommandShape& command, const std::string& version) {
  std::vector<ManualPage> pages;
  add_pages(pages, command.name, version, command);
  return pages;
}

}  // namespace torq::app
