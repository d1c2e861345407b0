// SPDX-License-Identifier: MIT
#pragma once
// The command line as plain values: verbs, options, what they take. What suggestions, completion and manual pages are
// made of, so that none of them can forget an option. command_shape.cpp is all that reads CLI11's tree. Immutable.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace torq::app {

struct OptionShape {
  std::vector<std::string> names;  ///< with their dashes, long ones first; of a positional its one name
  /// What it takes, as the help shows it; empty: nothing (a flag), or anything (a positional). Alternatives stand
  /// between bars: words in capitals are placeholders (FILE, DIR), others are the values themselves.
  std::string value;
  std::string text;
  std::string standard;  ///< what counts when it is not given; may be empty
  std::string group;     ///< its heading in the help
  bool required = false;
  bool repeats = false;
  bool is_flag = false;

  bool is_positional = false;

  /// The values that it takes, where they are a closed set.
  std::vector<std::string> choices() const;
  bool takes_files() const;
  bool takes_folders_only() const;
};

struct VerbShape {
  std::string name;  ///< with the verbs before it: "config check"; of the command itself "torq"
  std::string text;
  std::string footer;
  std::vector<OptionShape> options;
  std::vector<OptionShape> positionals;
  std::vector<VerbShape> verbs;  ///< without hidden ones; of most verbs none

  /// The last word of its name.
  std::string word() const;
};

/// The command itself: its own options stand before any verb.
using CommandShape = VerbShape;

/// Of the command or of one verb, with what is below it.
VerbShape shape_of(const CLI::App& app);

}  // namespace torq::app
