// SPDX-License-Identifier: MIT
#include "tests/chaos/weather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace torq::chaos {
namespace {

// A queue on a real road grows and shrinks over many datagrams; were it drawn for each one, order would make it the
// maximum.
constexpr std::uint64_t kDatagramsOfSwell = 32;
constexpr auto kLongestHold = std::chrono::milliseconds(20);

template <class T>
std::optional<T> number_in(std::string_view text, T least, T most) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most))
    return std::nullopt;
  return value;
}

bool set_chance(double& chance, std::string_view text) {
  const auto value = number_in(text, 0.0, 1.0);
  if (value) chance = *value;
  return value.has_value();
}

bool set_time(std::chrono::milliseconds& time, std::string_view text) {
  const auto value = number_in<std::int64_t>(text, 0, 60'000);
  if (value) time = std::chrono::milliseconds(*value);
  return value.has_value();
}

template <class T>
bool set_count(T& count, std::string_view text, T least, T most) {
  const auto value = number_in(text, least, most);
  if (value) count = *value;
  return value.has_value();
}

bool set(Weather& weather, std::string_view name, std::string_view value) {
  if (name == "loss") return set_chance(weather.loss, value);
  if (name == "duplication") return set_chance(weather.duplication, value);
  if (name == "reordering") return set_chance(weather.reordering, value);
  if (name == "delay") return set_time(weather.delay, value);
  if (name == "jitter") return set_time(weather.jitter, value);
  if (name == "rebind") return set_time(weather.rebind, value);
  if (name == "mtu") return set_count<std::size_t>(weather.mtu, value, 1200, 1500);
  if (name == "sources") return set_count<unsigned>(weather.sources, value, 1, 200);
  return false;
}

}  // namespace

Result<Weather, std::string> apply(Weather weather, std::string_view word) {
  if (word == "clear") return Weather{};
  const auto sign = word.find('=');
  if (sign == std::string_view::npos || !set(weather, word.substr(0, sign), word.substr(sign + 1))) {
    return Failure(fmt::format("{}: no weather", word));
  }
  return weather;
}

double Fates::draw() { return static_cast<double>(random_.next() >> 11) * 0x1p-53; }

Fate Fates::next(Instant now, const Weather& weather, std::size_t size) {
  // Always the same number of draws: one datagram's weather changes nothing for the next one.
  const double loss = draw();
  const double duplication = draw();
  const double reordering = draw();
  const double hold = draw();
  const double swell = draw();
  if (count_++ % kDatagramsOfSwell == 0) swell_ = swell;

  Fate fate;
  if (size > weather.mtu) fate.what = Fate::What::kTooLarge;
  if (size <= weather.mtu && loss < weather.loss) fate.what = Fate::What::kLost;
  if (fate.what != Fate::What::kCarried) return fate;

  const auto on_the_way = weather.delay + std::chrono::duration_cast<Duration>(weather.jitter * swell_);
  const auto held = std::chrono::duration_cast<Duration>(kLongestHold * hold);
  fate.due = std::max(now + on_the_way, last_due_);
  last_due_ = fate.due;
  fate.held_back = reordering < weather.reordering;
  if (fate.held_back) fate.due += held;
  if (duplication < weather.duplication) fate.copy_due = fate.due + held;
  return fate;
}

}  // namespace torq::chaos
