// SPDX-License-Identifier: MIT
#include "apps/torq/nearest.hpp"

#include <algorithm>
#include <vector>

namespace torq::app {
namespace {

// Optimal string alignment distance; three rows of its table are enough.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> names) {
  constexpr std::size_t kLongestTyped = 64;
  if (typed.size() > kLongestTyped) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = kLongestTyped;
  for (const std::string& name : names) {
    const std::size_t far = distance(typed, name);
    if (far < least && 3 * far <= std::max<std::size_t>(name.size(), 3)) {
      best = name;
      least = far;
    }
  }
  return best;
}

}  // namespace torq::app
