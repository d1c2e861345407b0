// SPDX-License-Identifier: MIT
#pragma once
// The signals that a server's people send, from its first moment to its last: SIGINT and SIGTERM, of which the first
// asks for an end in order and the second wants it at once, and SIGHUP. They are blocked in all threads and waited for
// by one of its own, so that none of them ever finds its default action, nor a main thread that is busy starting or
// tearing down.
//
// Threads: made and destroyed by the main thread before and after all others; what it calls runs on its own.

#include <cstdint>
#include <functional>
#include <memory>

namespace torq::app {

class SignalWatch {
 public:
  /// What is lost when the process ends now.
  enum class Loss : std::uint8_t { kRequests, kNone };
  /// `at_once` is called by the second signal that wants an end: it does not return.
  explicit SignalWatch(std::function<void(Loss)> at_once);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  struct Listener {
    std::function<void()> end;
    std::function<void()> reload;
  };
  /// What came before is told at once.
  void tell(Listener listener);
  /// All that was asked is answered.
  void note_answered();
  /// Once this has returned nobody is told any more.
  void tell_nobody();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace torq::app
