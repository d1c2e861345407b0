// SPDX-License-Identifier: MIT
#include "apps/torq/terminal/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "apps/torq/terminal/figures.hpp"

namespace torq::app {
namespace {

constexpr std::chrono::seconds kWindow{5};
constexpr std::size_t kUsualColumns = 80;

bool can_erase_a_line() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

// Asked each time: a window may be resized.
std::size_t columns() {
  struct winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

std::string time_left(const ProgressState& state) {
  constexpr std::uint64_t kLongest = 100 * 3600;  // beyond, it is no forecast any more
  if (!state.total || state.per_second == 0 || *state.total < state.here) return "";
  const std::uint64_t seconds = (*state.total - state.here + state.per_second - 1) / state.per_second;
  if (seconds >= kLongest) return "";
  return human_time(std::chrono::seconds(static_cast<std::int64_t>(seconds))) + " left";
}

}  // namespace

std::string progress_line(const ProgressState& state, std::size_t columns) {
  std::string bytes = human_bytes(state.here);
  if (state.total) bytes += " of " + human_bytes(*state.total);
  // From the most important to the least.
  std::vector<std::string> parts = {bytes};
  if (state.per_second > 0) parts.push_back(human_bytes(state.per_second) + "/s");
  if (const std::string left = time_left(state); !left.empty()) parts.push_back(left);
  if (state.files > 1) parts.push_back(fmt::format("{} of {} files", state.files_done, state.files));
  std::string line;
  for (const std::string& part : parts) {
    const std::string next = line.empty() ? part : line + ", " + part;
    if (next.size() >= columns) break;
    line = next;
  }
  return line;
}

void Rate::note(std::chrono::steady_clock::time_point now, std::uint64_t received) {
  samples_.push_back({now, received});
  while (samples_.size() > 2 && now - samples_[1].when >= kWindow) samples_.pop_front();
}

std::uint64_t Rate::per_second() const {
  if (samples_.size() < 2) return 0;
  const std::chrono::duration<double> time = samples_.back().when - samples_.front().when;
  const std::uint64_t bytes = samples_.back().received - samples_.front().received;
  return time.count() <= 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(bytes) / time.count());
}

ProgressLine::ProgressLine(bool wanted) : shown_(wanted && can_erase_a_line()) {}

void ProgressLine::draw(const ProgressState& state) {
  if (shown_) draw_text(progress_line(state, columns()));
}

void ProgressLine::draw_text(std::string line) {
  if (!shown_) return;
  line.resize(std::min(line.size(), columns() - 1));
  if (line == drawn_) return;
  std::cerr << '\r' << line << "\x1b[K" << std::flush;  // ECMA-48: erase to the end of the line
  drawn_ = std::move(line);
}

void ProgressLine::clear() {
  if (drawn_.empty()) return;
  std::cerr << "\r\x1b[K" << std::flush;
  drawn_.clear();
}

}  // namespace torq::app
