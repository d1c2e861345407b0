// SPDX-License-Identifier: MIT
#include "apps/torq/download/standard_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <iostream>

#include "apps/torq/command/client_options.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/download/fetched_line.hpp"
#include "torq/files/errors.hpp"

namespace torq::app {
namespace {

/// Waits for a slow reader, and yet no longer than until stop(): the descriptor is not ours alone, so it is not made
/// non-blocking.
class StandardOutput final : public client::FileSink {
 public:
  Result<void, std::string> begin(std::optional<std::uint64_t>) override {
    if (!begun_.exchange(true)) return {};
    return Failure(std::string("the file begins anew, and what was written to standard output cannot be taken back"));
  }

  Result<void, std::string> take(Bytes bytes) override {
    std::string_view text = as_text(bytes);
    while (!text.empty()) {
      if (stopped_) return Failure(std::string("interrupted"));
      if (!is_writable()) continue;
      const ssize_t written = ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kWontBlock));
      if (written < 0 && errno != EINTR && errno != EAGAIN) {
        return Failure(to_string(files::last_error("write standard output")));
      }
      text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return {};
  }

  /// Any thread.
  void stop() { stopped_ = true; }
  bool begun() const { return begun_; }

 private:
  // A pipe that is writable has room for one page at least.
  static constexpr std::size_t kWontBlock = 4096;

  static bool is_writable() {
    constexpr int kPatience = 100;  // ms
    pollfd wanted{STDOUT_FILENO, POLLOUT, 0};
    return ::poll(&wanted, 1, kPatience) == 1;
  }

  std::atomic<bool> begun_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

ExitCode fetch_to_standard_output(const client::Server& server, const client::Url& url, const std::string& asked,
                                  bool json) {
  const auto output = std::make_shared<StandardOutput>();
  const auto begun = std::chrono::steady_clock::now();
  ExitCode code = ExitCode::kOk;
  Foreground foreground;
  auto client = std::make_unique<client::Client>(client_options());  // ends before the foreground that it posts to
  const auto tell = [&](const Result<client::Fetched, client::Error>& outcome) {
    foreground.finish();
    if (outcome) {
      std::cerr << fetched_line({asked, "-", *outcome, std::chrono::steady_clock::now() - begun}, json);
      return;
    }
    client::Error error = outcome.error();
    if (output->begun()) error.message += "; what was written is not the whole file";
    complain(asked, error);
    code = exit_code_of(error);
  };
  client->fetch(server, url.path, client::FilePrefix(), output,
                [&](auto result) { foreground.post([&tell, outcome = std::move(result)] { tell(outcome); }); });
  if (foreground.run()) return code;
  output->stop();
  client.reset();
  std::cerr << "torq: interrupted\n";
  return ExitCode::kInterrupted;
}

}  // namespace torq::app
