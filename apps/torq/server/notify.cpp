// SPDX-License-Identifier: MIT
#include "apps/torq/server/notify.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "apps/torq/command/whole_number.hpp"

namespace torq::app {
namespace {

constexpr std::chrono::seconds kMargin{10};  // beyond the drain, for all the rest

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What systemd compares with its own clock (sd_notify(3), MONOTONIC_USEC).
std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

NotifyEnvironment read_notify_environment() {
  NotifyEnvironment environment{variable("NOTIFY_SOCKET")};
  const auto period = parse_whole(variable("WATCHDOG_USEC"), {1, UINT32_MAX * std::uint64_t{1000}});
  const std::string process = variable("WATCHDOG_PID");
  if (period && (process.empty() || process == std::to_string(::getpid()))) {
    environment.watchdog = std::chrono::microseconds(*period);
  }
  return environment;
}

Notify::Notify(NotifyEnvironment environment) : environment_(std::move(environment)) {
  if (environment_.socket.empty()) {
    environment_.watchdog.reset();
    return;
  }
  socket_ = files::Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

void Notify::ready(std::string_view status) { send(fmt::format("READY=1\nSTATUS={}", status)); }

void Notify::reloading() { send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds())); }

void Notify::stopping(std::chrono::seconds longest) {
  const std::chrono::microseconds time = longest + kMargin;
  send(fmt::format("STOPPING=1\nSTATUS=answering what was asked\nEXTEND_TIMEOUT_USEC={}", time.count()));
}

void Notify::beat() {
  if (environment_.watchdog) send("WATCHDOG=1");
}

void Notify::send(std::string_view state) {
  sockaddr_un address{};
  const std::string& name = environment_.socket;
  if (!socket_ || name.size() < 2 || name.size() > sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path);
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  ::sendto(socket_.get(), state.data(), state.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace torq::app
