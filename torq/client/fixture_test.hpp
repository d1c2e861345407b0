// SPDX-License-Identifier: MIT
#pragma once
// The words in which the client's tests speak: answers of servers, sinks, patience, completions.

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "torq/base/hex.hpp"
#include "torq/client/client.hpp"
#include "torq/client/scripted_server_test.hpp"

namespace torq::client {

using namespace std::chrono_literals;

inline constexpr const char* kAnnounceReply =
    R"({"interval": 60, "peers": [{"ip": "192.0.2.1", "port": 6881}], "complete": 2, "incomplete": 1})";
inline constexpr const char* kNoExtensions = R"({"error": "what?", "code": "UNKNOWN_REQUEST"})";
inline constexpr const char* kHelloDigest =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";  // "hello"

inline wire::AnnounceRequest announce_of(std::string_view hash = "0123456789abcdef0123456789abcdef01234567") {
  wire::AnnounceRequest request;
  request.announce.info_hash = parse_info_hash(hash).value();
  request.announce.port = 6881;
  request.peer_id = "-TQ0100-123456789012";
  return request;
}

inline std::string offering(const std::string& capability) {
  return R"({"version": 1, "capabilities": ["announce", "file", ")" + capability + R"("], "limits": {}})";
}

inline bool asks_capabilities(const std::string& request) {
  return request.find("\"capabilities\"") != std::string::npos;
}

// A server without extensions.
inline Script plain(std::function<Reply(const std::string&)> rest) {
  return [rest = std::move(rest)](const std::string& request, std::size_t) {
    return asks_capabilities(request) ? answer(kNoExtensions) : rest(request);
  };
}

inline Script with(const std::string& capability, std::function<Reply(const std::string&)> rest) {
  return [=](const std::string& request, std::size_t) {
    return asks_capabilities(request) ? answer(offering(capability)) : rest(request);
  };
}

inline Script always(const Reply& reply) {
  return [=](const std::string&, std::size_t) { return reply; };
}

class Memory final : public FileSink {
 public:
  Result<void, std::string> begin(std::optional<std::uint64_t> size) override {
    ++tries;
    announced = size;
    bytes.clear();
    return {};
  }
  void note_validator(const std::string& told) override { validator = told; }
  Result<void, std::string> take(Bytes piece) override {
    if (bytes.size() + piece.size() > room) return Failure(std::string("the disk is full"));
    bytes.append(as_text(piece));
    return {};
  }

  std::string bytes;
  std::string validator;
  std::optional<std::uint64_t> announced;
  unsigned tries = 0;
  std::size_t room = SIZE_MAX;
};

// Fails soon where a test is about failing, and lets nobody wait where it is about trying again.
inline Options impatient() {
  Options options;
  options.connect_timeout = 200ms;
  options.answer_timeout = 50ms;
  options.progress_timeout = 50ms;
  options.first_backoff = 1ms;
  options.longest_backoff = 4ms;
  return options;
}

inline Options quick_to_retry() {
  Options options;
  options.first_backoff = 1ms;
  options.longest_backoff = 4ms;
  return options;
}

/// Collects completions from the client's thread.
template <class T>
class Collected {
 public:
  Done<T> next() {
    return [this](Result<T, Error> result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<Result<T, Error>> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return results_.size() >= count; });
    return results_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Result<T, Error>> results_;
};

inline std::string list_of_numbers(std::string_view text) {
  std::string list;
  for (const char c : text) list += (list.empty() ? "" : ", ") + std::to_string(static_cast<unsigned char>(c));
  return list;
}

inline std::string number_list_answer(std::string_view text) {
  return R"({"data": [)" + list_of_numbers(text) + R"(], "filename": "f", "size": )" + std::to_string(text.size()) +
         "}";
}

inline std::string raw_answer(std::string_view text, const std::string& more = "") {
  const std::string size = std::to_string(text.size());
  return R"({"filename": "f", "size": )" + size + R"(, "offset": 0, "length": )" + size + more + "}\n" +
         std::string(text);
}

}  // namespace torq::client
