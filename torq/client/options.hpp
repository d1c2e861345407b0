// SPDX-License-Identifier: MIT
#pragma once
// What a user of the library may set on a Client: patience, tries, limits. Plain values.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace torq::client {

class SessionStore;

struct Options {
  /// To reach a server, all its addresses and tries together.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(20);
  /// From a request to the end of its answer, files excepted.
  std::chrono::milliseconds answer_timeout = std::chrono::seconds(30);
  /// Without 4 KiB more of a file, or its end: a byte now and then is no progress.
  std::chrono::milliseconds progress_timeout = std::chrono::seconds(30);
  /// A connection counts as lost when nothing was heard on it for so long. With a request under way a silent server is
  /// asked for a sign of life fifteen times as often, so that a slow answer is not taken for a dead server.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(15);

  /// Further tries of a request whose connection timed out, was forgotten or refused by the server.
  unsigned retries = 3;
  /// Before the first of them; doubles each time up to the longest, less up to half of it by chance.
  std::chrono::milliseconds first_backoff{250};
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(5);

  /// Where tickets and address tokens are kept for later connections; null: with the Client, for its own.
  std::shared_ptr<SessionStore> sessions;

  /// Of one answer, files excepted.
  std::size_t max_answer_bytes = std::size_t{8} * 1024 * 1024;
  /// Of a file from a server that can only send a JSON list of numbers, which does not say how long it will be.
  std::uint64_t max_list_file_bytes = std::uint64_t{256} << 20;
};

}  // namespace torq::client
