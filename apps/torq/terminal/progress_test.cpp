// SPDX-License-Identifier: MIT
#include "apps/torq/terminal/progress.hpp"

#include <gtest/gtest.h>

#include "apps/torq/terminal/figures.hpp"

namespace torq::app {
namespace {

using namespace std::chrono_literals;

TEST(Figures, HaveOneDigitBehindThePoint) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(999'949), "999.9 kB");
  EXPECT_EQ(human_bytes(999'950), "1.0 MB");
  EXPECT_EQ(human_bytes(20'000'000), "20.0 MB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

TEST(Figures, HaveHoursOnlyWhereThereAreSome) {
  EXPECT_EQ(human_time(0s), "0:00");
  EXPECT_EQ(human_time(67s), "1:07");
  EXPECT_EQ(human_time(3723s), "1:02:03");
}

TEST(ProgressLine, SaysBytesRateAndTimeLeft) {
  EXPECT_EQ(progress_line({.here = 5'000'000, .total = 20'000'000, .per_second = 2'000'000}, 80),
            "5.0 MB of 20.0 MB, 2.0 MB/s, 0:08 left");
  EXPECT_EQ(progress_line({.here = 5, .total = std::nullopt, .per_second = 0}, 80), "5 B");
  EXPECT_EQ(progress_line({.here = 5, .total = 10, .per_second = 1, .files_done = 2, .files = 7}, 80),
            "5 B of 10 B, 1 B/s, 0:05 left, 2 of 7 files");
}

TEST(ProgressLine, ForecastsNothingAbsurd) {
  EXPECT_EQ(progress_line({.here = 0, .total = UINT64_MAX, .per_second = 1}, 80), "0 B of 18.4 EB, 1 B/s");
  EXPECT_EQ(progress_line({.here = 30, .total = 20, .per_second = 1}, 80), "30 B of 20 B, 1 B/s");
}

TEST(ProgressLine, LeavesOutWhatDoesNotFit) {
  const ProgressState state{.here = 5'000'000, .total = 20'000'000, .per_second = 2'000'000, .files = 7};
  for (std::size_t columns = 0; columns < 100; ++columns) {
    const std::string line = progress_line(state, columns);
    EXPECT_TRUE(line.size() < columns || line.empty()) << columns;
  }
  EXPECT_EQ(progress_line(state, 30), "5.0 MB of 20.0 MB, 2.0 MB/s");
}

TEST(Rate, IsThatOfTheLastSeconds) {
  Rate rate;
  const auto at = [](std::chrono::seconds s) { return std::chrono::steady_clock::time_point() + s; };
  EXPECT_EQ(rate.per_second(), 0U);

  for (int second = 0; second <= 10; ++second) rate.note(at(std::chrono::seconds(second)), second * 100U);
  EXPECT_EQ(rate.per_second(), 100U);

  for (int second = 11; second <= 20; ++second) rate.note(at(std::chrono::seconds(second)), 1000U);
  EXPECT_EQ(rate.per_second(), 0U);
}

}  // namespace
}  // namespace torq::app
