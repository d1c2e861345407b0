// SPDX-License-Identifier: MIT
#include "apps/torq/server/process_figures.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>

#include "torq/files/small_file.hpp"

namespace torq::app {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  const auto begin = std::min(text.find_first_of("0123456789"), text.size());
  std::from_chars(text.data() + begin, text.data() + text.size(), number);
  return number;
}

// `VmRSS:     1234 kB`
std::uint64_t bytes_named(std::string_view status, std::string_view name) {
  const auto found = status.find(name);
  return found == std::string_view::npos ? 0 : number_at(status.substr(found + name.size())) * 1024;
}

std::optional<std::uint64_t> count_open_files(pid_t process) {
  std::error_code error;
  std::filesystem::directory_iterator entry(fmt::format("/proc/{}/fd", process), error);
  std::uint64_t count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error) return std::nullopt;
  return count;
}

// Of cgroup v2: the process's own group, whose line begins with `0::`.
std::optional<std::uint64_t> control_group_memory() {
  const auto groups = files::read_file("/proc/self/cgroup", kLargestFile);
  const auto begin = groups ? groups->find("0::") : std::string::npos;
  if (begin == std::string::npos) return std::nullopt;
  const std::string group = groups->substr(begin + 3, groups->find('\n', begin) - begin - 3);
  const auto limit = files::read_file("/sys/fs/cgroup" + group + "/memory.max", kLargestFile);
  if (!limit || limit->starts_with("max")) return std::nullopt;
  return number_at(*limit);
}

}  // namespace

std::optional<ProcessFigures> read_process_figures(pid_t process) {
  const auto status = files::read_file(fmt::format("/proc/{}/status", process), kLargestFile);
  const auto open_files = count_open_files(process);
  if (!status || !open_files) return std::nullopt;
  return ProcessFigures{bytes_named(*status, "VmRSS:"), bytes_named(*status, "VmHWM:"), *open_files};
}

ProcessLimits read_process_limits() {
  const auto all =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return {std::min(control_group_memory().value_or(all), all), files.rlim_cur};
}

}  // namespace torq::app
