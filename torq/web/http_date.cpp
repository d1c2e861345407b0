// SPDX-License-Identifier: MIT
#include "torq/web/http_date.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace torq::web {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kPattern = "Day, 00 Mon 0000 00:00:00 GMT";

bool has_the_form(std::string_view text) {
  return std::ranges::equal(text, kPattern, [](char c, char wanted) {
    if (wanted == '0') return c >= '0' && c <= '9';
    const bool is_name = (wanted >= 'a' && wanted <= 'z') || wanted == 'D';
    return is_name || wanted == 'M' || c == wanted;
  });
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

}  // namespace

std::string http_date(std::chrono::sys_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  if (text.size() != kPattern.size() || !has_the_form(text) || !text.ends_with("GMT")) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(text.substr(12, 4)))),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                         std::chrono::day(number(text.substr(5, 2))));
  const unsigned hour = number(text.substr(17, 2));
  const unsigned minute = number(text.substr(20, 2));
  const unsigned second = number(text.substr(23, 2));
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace torq::web
