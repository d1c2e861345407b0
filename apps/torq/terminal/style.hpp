// SPDX-License-Identifier: MIT
#pragma once
// Colour, and little of it: one word of a line. Only where somebody looks (a terminal that is not dumb) and did not ask
// for none (NO_COLOR, no-color.org). What is painted says the same without.

#include <optional>
#include <string>
#include <string_view>

namespace torq::app {

enum class Tint { kGood, kDoubtful, kBad };

class Style {
 public:
  enum class Colour : bool { kNone, kSome };

  explicit Style(Colour colour) : colour_(colour) {}
  std::string paint(Tint tint, std::string_view word) const;

 private:
  Colour colour_;
};

struct StyleEnvironment {
  bool is_terminal = false;
  std::optional<std::string> no_color;
  std::optional<std::string> term;
};
Style::Colour choose_colour(const StyleEnvironment& environment);

/// Of what is written to this file descriptor.
Style style_of(int descriptor);

}  // namespace torq::app
