// SPDX-License-Identifier: MIT
#pragma once
// Which of the words that exist somebody may have meant. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace torq::app {

/// How many letters to insert, delete, replace or swap with their neighbour (optimal string alignment; letters of
/// either case are the same).
std::size_t letters_apart(std::string_view a, std::string_view b);

/// The word nearest to `typed`, or the only one that begins with it; nothing when none is near: more than a third of
/// its letters are wrong. Dashes in front do not count as letters.
std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words);

}  // namespace torq::app
