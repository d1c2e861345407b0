// SPDX-License-Identifier: MIT
#include "apps/torq/command/whole_number.hpp"

#include <fmt/format.h>

#include <charconv>

namespace torq::app {

Result<std::uint64_t, std::string> parse_whole(const std::string& text, NumberRange range) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  const std::string right = fmt::format("is not a whole number from {} to {}", range.least, range.most);
  if (error != std::errc() || end != last || number < range.least || number > range.most) {
    return Failure((text.empty() ? "nothing" : text) + " " + right);
  }
  // Octal to some programs, decimal to others.
  if (text.size() > 1 && text.front() == '0') return Failure(text + " " + right + " without leading zeros");
  return number;
}

std::function<std::string(const std::string&)> check_whole(NumberRange range) {
  return [range](const std::string& text) {
    const auto number = parse_whole(text, range);
    return number ? std::string() : number.error();
  };
}

}  // namespace torq::app
