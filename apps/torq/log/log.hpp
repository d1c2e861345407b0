// SPDX-License-Identifier: MIT
#pragma once
// What a server tells its operator while it runs: lines on a descriptor, as text or as JSON. A line is put into a
// bounded queue, and one thread of the log's own writes it; what does not fit, or what the reader does not take in
// time, is lost and counted. So nobody who logs ever waits for whoever reads. Not for the answers and errors of
// one-shot verbs.
//
//   2026-11-23T01:27:10.123Z warning connection failed reason=handshake_timeout from=192.0.2.1:4444
//   {"time":"2026-11-23T01:27:10.123Z","level":"warning","message":"connection failed","reason":"handshake_timeout",…}
//
// Threads: any.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace torq::app {

enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };
enum class LogFormat : std::uint8_t { kText, kJson };

/// A fact of a line. Names are ours: lower-case words with underscores.
struct LogField {
  LogField(std::string_view what, std::string text) : name(what), value(std::move(text)) {}
  LogField(std::string_view what, std::uint64_t number) : name(what), value(std::to_string(number)), is_number(true) {}

  std::string_view name;
  std::string value;
  bool is_number = false;
};

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;
  int descriptor = 2;        ///< stays the caller's
  std::size_t queue = 1024;  ///< lines
};

class Log {
 public:
  explicit Log(const LogOptions& options);
  /// Writes what waits, for at most a second.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(LogLevel level);
  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

  /// Lines that nobody will read.
  std::uint64_t lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A line without a Log, for the beginning and the end of a process; waits a tenth of a second at most for who reads.
void write_line(const LogOptions& options, LogLevel level, std::string_view message);

/// What stands between level and end of a line: pure, for tests. Whatever is in a value, it stays one line, in UTF-8.
std::string encode_line(LogFormat format, std::string_view message, std::initializer_list<LogField> fields);

}  // namespace torq::app
