// SPDX-License-Identifier: MIT
#pragma once
// What a process of this machine uses of it, as the kernel tells (proc(5)). Any thread; each call reads anew.

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace torq::app {

struct ProcessFigures {
  std::uint64_t resident = 0;       ///< bytes of memory
  std::uint64_t peak_resident = 0;  ///< the most so far
  std::uint64_t open_files = 0;
};

/// Nothing when there is no such process, or it is somebody else's.
std::optional<ProcessFigures> read_process_figures(pid_t process);

struct ProcessLimits {
  std::uint64_t memory = 0;      ///< bytes: of the control group, or else all that the machine has
  std::uint64_t open_files = 0;  ///< RLIMIT_NOFILE
};

/// Of this process.
ProcessLimits read_process_limits();

}  // namespace torq::app
