// SPDX-License-Identifier: MIT
#include "apps/torq/log/log.hpp"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>

#include "apps/torq/log/bounded_write.hpp"
#include "torq/files/file_name.hpp"

namespace torq::app {
namespace {

using Clock = std::chrono::steady_clock;

// A reader that has stopped costs the writing thread so much per line, the queue meanwhile fills and loses.
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kFarewell = std::chrono::seconds(1);
// A line then fits what a pipe takes as a whole or not at all (PIPE_BUF), so that none is torn.
constexpr std::size_t kLongestValue = 1000;

// On the log's own thread.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit LineSink(int descriptor) : descriptor_(descriptor) {}

  void end_by(Clock::time_point deadline) { end_.store(deadline, std::memory_order_relaxed); }
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const auto deadline = std::min(Clock::now() + kPatience, end_.load(std::memory_order_relaxed));
    const bool written = write_in_time(descriptor_, {line.data(), line.size()}, deadline);
    if (!written) lost_.fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

 private:
  const int descriptor_;
  std::atomic<Clock::time_point> end_ = Clock::time_point::max();
  std::atomic<std::uint64_t> lost_ = 0;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kDebug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
  const bool json = format == LogFormat::kJson;
  return std::make_unique<spdlog::pattern_formatter>(
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc);
}

// RFC 8259 7; what is not UTF-8 becomes a question mark.
std::string in_quotes(std::string_view text) {
  text = text.substr(0, kLongestValue);
  const bool sound = files::is_utf8(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += sound || byte < 0x80 ? c : '?';
    }
  }
  return out + '"';
}

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kLongestValue &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '='; });
}

}  // namespace

std::string encode_line(LogFormat format, std::string_view message, std::initializer_list<LogField> fields) {
  const bool json = format == LogFormat::kJson;
  std::string line = json ? "\"message\":" + in_quotes(message) : std::string(message);
  for (const LogField& field : fields) {
    const bool bare = field.is_number || (!json && is_plain(field.value));
    const std::string value = bare ? field.value : in_quotes(field.value);
    line += json ? fmt::format(",\"{}\":{}", field.name, value) : fmt::format(" {}={}", field.name, value);
  }
  return line;
}

void write_line(const LogOptions& options, LogLevel level, std::string_view message) {
  if (level > options.level) return;
  const std::string said = encode_line(options.format, message, {});
  spdlog::memory_buf_t line;
  make_formatter(options.format)->format(spdlog::details::log_msg("", to_spdlog(level), said), line);
  write_in_time(options.descriptor, {line.data(), line.size()}, Clock::now() + std::chrono::milliseconds(100));
}

struct Log::Impl {
  LogFormat format;
  std::shared_ptr<LineSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> thread;  // one, with the queue
  std::shared_ptr<spdlog::async_logger> logger;

  explicit Impl(const LogOptions& options)
      : format(options.format),
        sink(std::make_shared<LineSink>(options.descriptor)),
        thread(std::make_shared<spdlog::details::thread_pool>(options.queue, 1)),
        logger(
            std::make_shared<spdlog::async_logger>("", sink, thread, spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_formatter(make_formatter(format));
    logger->set_level(to_spdlog(options.level));
  }
};

Log::Log(const LogOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Log::~Log() {
  impl_->sink->end_by(Clock::now() + kFarewell);
  impl_->thread.reset();  // waits for its thread, which takes no longer than that
}

void Log::set_level(LogLevel level) { impl_->logger->set_level(to_spdlog(level)); }

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!impl_->logger->should_log(to_spdlog(level))) return;
  impl_->logger->log(to_spdlog(level), encode_line(impl_->format, message, fields));
}

std::uint64_t Log::lost() const { return impl_->sink->lost() + impl_->thread->overrun_counter(); }

}  // namespace torq::app
