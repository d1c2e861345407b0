// SPDX-License-Identifier: MIT
#include "apps/torq/command/nearest.hpp"

#include <algorithm>
#include <vector>

namespace torq::app {
namespace {

constexpr std::size_t kLongestTyped = 64;  // the table below grows with its square
constexpr std::size_t kLettersPerMistake = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view without_dashes(std::string_view word) {
  return word.substr(std::min(word.find_first_not_of('-'), word.size()));
}

std::optional<std::string> only_one_beginning_with(std::string_view typed, std::span<const std::string> words) {
  constexpr std::size_t kTellingLetters = 2;
  if (without_dashes(typed).size() < kTellingLetters) return std::nullopt;
  const auto begins = [&](const std::string& word) { return word.starts_with(typed); };
  if (std::ranges::count_if(words, begins) != 1) return std::nullopt;
  return *std::ranges::find_if(words, begins);
}

}  // namespace

std::size_t letters_apart(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> apart(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        apart[i][j] = i + j;
        continue;
      }
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      apart[i][j] = std::min({apart[i - 1][j] + 1, apart[i][j - 1] + 1, apart[i - 1][j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) apart[i][j] = std::min(apart[i][j], apart[i - 2][j - 2] + 1);
    }
  }
  return apart[a.size()][b.size()];
}

std::optional<std::string> nearest(std::string_view typed, std::span<const std::string> words) {
  if (typed.size() > kLongestTyped || words.empty()) return std::nullopt;
  if (auto whole = only_one_beginning_with(typed, words)) return whole;
  const auto apart = [&](const std::string& word) {
    return letters_apart(without_dashes(typed), without_dashes(word));
  };
  const auto& best = *std::ranges::min_element(words, {}, apart);
  const std::size_t bearable = without_dashes(typed).size() / kLettersPerMistake;
  if (apart(best) > bearable) return std::nullopt;
  return best;
}

}  // namespace torq::app
