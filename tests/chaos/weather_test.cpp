// SPDX-License-Identifier: MIT
#include "tests/chaos/weather.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace torq::chaos {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kSize = 1200;

Weather weather_of(std::initializer_list<const char*> words) {
  Weather weather;
  for (const char* word : words) weather = apply(weather, word).value();
  return weather;
}

// One letter for each of `count` datagrams, one every 100 µs.
std::string fates_of(std::uint64_t seed, const Weather& weather, int count) {
  Fates fates(seed);
  std::string letters;
  for (int i = 0; i < count; ++i) {
    const Fate fate = fates.next(Instant(std::chrono::microseconds(100 * i)), weather, kSize);
    letters += fate.what == Fate::What::kLost ? 'x' : fate.held_back ? 'r' : fate.copy_due ? 'd' : '.';
  }
  return letters;
}

TEST(Weather, IsWhatItsWordsSay) {
  const Weather weather = weather_of({"loss=0.3", "delay=20", "mtu=1280", "rebind=1000", "sources=3"});

  EXPECT_EQ(weather.loss, 0.3);
  EXPECT_EQ(weather.delay, milliseconds(20));
  EXPECT_EQ(weather.mtu, 1280u);
  EXPECT_EQ(weather.rebind, milliseconds(1000));
  EXPECT_EQ(weather.sources, 3u);
  EXPECT_EQ(apply(weather, "clear").value().loss, 0);
}

TEST(Weather, RefusesWordsThatSayNothing) {
  for (const char* word : {"", "loss", "loss=", "loss=2", "loss=nan", "mtu=1199", "delay=-1", "sources=0", "fog=1"}) {
    EXPECT_FALSE(apply({}, word)) << word;
  }
}

TEST(Fates, AreTheSameForTheSameSeed) {
  const Weather weather = weather_of({"loss=0.1", "reordering=0.1", "duplication=0.1"});

  EXPECT_EQ(fates_of(7, weather, 500), fates_of(7, weather, 500));
  EXPECT_NE(fates_of(7, weather, 500), fates_of(8, weather, 500));
}

TEST(Fates, DoNotDependOnTheWeatherBefore) {
  Fates changed(7);
  for (int i = 0; i < 100; ++i) changed.next({}, weather_of({"loss=0.5", "mtu=1200", "duplication=1"}), kSize + 1);
  Fates same(7);
  for (int i = 0; i < 100; ++i) same.next({}, {}, kSize);

  for (int i = 0; i < 500; ++i) {
    const Weather weather = weather_of({"loss=0.1"});
    ASSERT_EQ(changed.next({}, weather, kSize).what, same.next({}, weather, kSize).what);
  }
}

TEST(Fates, LoseAboutAsManyAsIsSaid) {
  const std::string letters = fates_of(1, weather_of({"loss=0.3"}), 10'000);

  EXPECT_NEAR(static_cast<double>(std::count(letters.begin(), letters.end(), 'x')), 3000, 200);
}

TEST(Fates, KeepTheOrderOfWhatIsNotHeldBack) {
  const Weather weather = weather_of({"delay=5", "jitter=30"});
  Fates fates(3);

  Instant before{};
  for (int i = 0; i < 1000; ++i) {
    const Instant now(std::chrono::microseconds(100 * i));
    const Fate fate = fates.next(now, weather, kSize);
    ASSERT_GE(fate.due, std::max(before, now + milliseconds(5)));
    ASSERT_LE(fate.due, now + milliseconds(35));
    before = fate.due;
  }
}

TEST(Fates, LetNothingPassThatIsTooLarge) {
  Fates fates(3);
  const Weather weather = weather_of({"mtu=1280"});

  EXPECT_EQ(fates.next({}, weather, 1281).what, Fate::What::kTooLarge);
  EXPECT_EQ(fates.next({}, weather, 1280).what, Fate::What::kCarried);
}

}  // namespace
}  // namespace torq::chaos
