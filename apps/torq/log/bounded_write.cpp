// SPDX-License-Identifier: MIT
#include "apps/torq/log/bounded_write.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace torq::app {
namespace {

// A pipe that is writable has room for one page at least, and a socket for more.
constexpr std::size_t kWontBlock = 4096;

bool wait_writable(int descriptor, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd wanted{descriptor, POLLOUT, 0};
  const int wait = static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000));
  return ::poll(&wanted, 1, wait) == 1;
}

}  // namespace

bool write_in_time(int descriptor, std::string_view text, std::chrono::steady_clock::time_point deadline) {
  while (!text.empty()) {
    if (!wait_writable(descriptor, deadline)) {
      if (errno == EINTR && std::chrono::steady_clock::now() < deadline) continue;
      return false;
    }
    const ssize_t written = ::write(descriptor, text.data(), std::min(text.size(), kWontBlock));
    if (written < 0 && (errno == EINTR || errno == EAGAIN) && std::chrono::steady_clock::now() < deadline) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void hold_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) {
      // The lowest free number is this one.
      [[maybe_unused]] const int held = ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

}  // namespace torq::app
