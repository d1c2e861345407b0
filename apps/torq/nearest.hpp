// SPDX-License-Identifier: MIT
#pragma once
// What somebody meant who mistyped a name. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace torq::app {

/// The one of `names` that is the fewest insertions, removals, replacements and swaps of neighbours away from `typed`;
/// nothing when that is more than a third of its length.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> names);

}  // namespace torq::app
