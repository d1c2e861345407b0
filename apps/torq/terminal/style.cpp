// SPDX-License-Identifier: MIT
#include "apps/torq/terminal/style.hpp"

#include <unistd.h>

#include <cstdlib>

namespace torq::app {
namespace {

std::optional<std::string> read_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Select Graphic Rendition (ECMA-48 8.3.117).
const char* begin_of(Tint tint) {
  switch (tint) {
    case Tint::kGood:
      return "\x1b[32m";
    case Tint::kDoubtful:
      return "\x1b[33m";
    case Tint::kBad:
      return "\x1b[1;31m";
  }
  return "";
}

}  // namespace

std::string Style::paint(Tint tint, std::string_view word) const {
  if (colour_ == Colour::kNone) return std::string(word);
  return begin_of(tint) + std::string(word) + "\x1b[0m";
}

Style::Colour choose_colour(const StyleEnvironment& environment) {
  const bool unwanted = environment.no_color && !environment.no_color->empty();
  const bool dumb = !environment.term || environment.term->empty() || environment.term == "dumb";
  return environment.is_terminal && !unwanted && !dumb ? Style::Colour::kSome : Style::Colour::kNone;
}

Style style_of(int descriptor) {
  return Style(choose_colour({isatty(descriptor) == 1, read_variable("NO_COLOR"), read_variable("TERM")}));
}

}  // namespace torq::app
