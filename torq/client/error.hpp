// SPDX-License-Identifier: MIT
#pragma once
// Why a request has no answer: the kind for programs, the texts for people, and what to do next. Plain values; any
// thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

enum class ErrorKind : std::uint8_t {
  kName,          ///< the host name does not resolve
  kUnreachable,   ///< no connection in time, on any address
  kTrust,         ///< the server's certificate was refused; `pin` is the one that was seen
  kIncompatible,  ///< what answers is no server of this protocol
  kLost,          ///< the connection ended before the answer did, more often than a retry could mend
  kTimeout,       ///< connected, but no answer or no progress in time
  kRefused,       ///< the server answered with an error; `code` is its own
  kUnsupported,   ///< the server does not offer what the request needs
  kFaulty,        ///< the answer is not what the protocol says
  kUnverified,    ///< a file's answer is not that, or does not add up: cut, too long, another size or digest
  kChanged,       ///< the file is not the one any more whose beginning is here
  kReset,         ///< the server gave up in the middle of its answer
  kSink,          ///< whoever takes the bytes failed: the disk, as a rule
  kCancelled,     ///< by cancel(), or the Client was destroyed
};

struct Error {
  ErrorKind kind = ErrorKind::kCancelled;
  std::string code;     ///< kRefused: such as FILE_NOT_FOUND; codes that we do not know as well
  std::string message;  ///< one line; a server's words are in it without control characters
  std::string advice;   ///< what to do next; may be empty
  std::string pin;      ///< kTrust: `sha256:` and 64 digits

  /// "FILE_NOT_FOUND: no such file; names are compared byte for byte".
  std::string text() const;
  bool operator==(const Error&) const = default;
};

using Outcome = Result<void, Error>;

/// What a server wrote, fit for a terminal: one line of `longest` bytes at most, ? for control characters and U+202E.
std::string tame(std::string_view text, std::size_t longest = 300);

}  // namespace torq::client
