// SPDX-License-Identifier: MIT
#include "apps/torq/log/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace torq::app {
namespace {

// A reader that reads when it is asked to, as supervisors do.
class Reader {
 public:
  Reader() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Reader() {
    go_away();
    ::close(ends_[1]);
  }

  int writing_end() const { return ends_[1]; }
  void fill() const {
    ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
    while (::write(ends_[1], "x", 1) == 1) {
    }
    ::fcntl(ends_[1], F_SETFL, 0);
  }
  std::vector<std::string> lines() const {
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(n));
    std::istringstream stream(text);
    std::vector<std::string> found;
    for (std::string line; std::getline(stream, line);) found.push_back(line);
    return found;
  }
  void go_away() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(Log, WritesALineForPeopleOrAnObjectForPrograms) {
  Reader text, json;
  {
    Log people({.descriptor = text.writing_end()});
    Log programs({.format = LogFormat::kJson, .descriptor = json.writing_end()});
    for (Log* log : {&people, &programs}) {
      log->write(LogLevel::kWarning, "it rains", {{"where", "in \"a\"\nhouse \xff"}, {"drops", 17U}, {"from", "::1"}});
    }
  }

  const auto lines = text.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].substr(10, 1) + lines[0].substr(23, 2), "TZ ");
  EXPECT_EQ(lines[0].substr(25), R"(warning it rains where="in \"a\"\u000ahouse ?" drops=17 from=::1)");
  const auto objects = json.lines();
  ASSERT_EQ(objects.size(), 1U);
  const auto object = nlohmann::json::parse(objects[0]);
  EXPECT_EQ(object["level"], "warning");
  EXPECT_EQ(object["message"], "it rains");
  EXPECT_EQ(object["where"], "in \"a\"\nhouse ?");
  EXPECT_EQ(object["drops"], 17);
}

TEST(Log, ObeysAChangeOfItsLevel) {
  Reader reader;
  {
    Log log({.level = LogLevel::kError, .descriptor = reader.writing_end()});
    log.write(LogLevel::kWarning, "before");
    log.set_level(LogLevel::kDebug);
    log.write(LogLevel::kDebug, "after");
  }

  const auto lines = reader.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("after"), std::string::npos);
}

TEST(Log, CountsWhatAReaderThatHasStoppedDoesNotTakeAndKeepsNobodyWaiting) {
  Reader reader;
  reader.fill();
  const auto begun = std::chrono::steady_clock::now();
  {
    Log log({.descriptor = reader.writing_end(), .queue = 4});
    for (int i = 0; i < 100; ++i) log.write(LogLevel::kInfo, "a line");
    EXPECT_GE(log.lost(), 90U);
  }

  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(Log, OutlivesItsReader) {
  std::signal(SIGPIPE, SIG_IGN);
  Reader reader;
  reader.go_away();
  Log log({.descriptor = reader.writing_end()});

  log.write(LogLevel::kInfo, "to nobody");

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (log.lost() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(log.lost(), 1U);
}

}  // namespace
}  // namespace torq::app
