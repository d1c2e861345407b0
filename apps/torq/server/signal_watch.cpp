// SPDX-License-Identifier: MIT
#include "apps/torq/server/signal_watch.hpp"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace torq::app {
namespace {

constexpr int kWake = SIGUSR1;  // from the destructor to the thread; from others it means nothing

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, kWake}) sigaddset(&set, number);
  return set;
}

}  // namespace

struct SignalWatch::Impl {
  const sigset_t watched = watched_signals();
  std::function<void(Loss)> at_once;
  std::atomic<Loss> loss = Loss::kRequests;
  std::mutex mutex;
  Listener listener;
  bool ending = false;
  bool reloading = false;  // asked for while nobody was told
  std::atomic<bool> over = false;
  std::thread thread;

  explicit Impl(std::function<void(Loss)> then) : at_once(std::move(then)) {
    pthread_sigmask(SIG_BLOCK, &watched, nullptr);
    thread = std::thread([this] { run(); });
  }

  void run() {
    for (int number = 0; !over && sigwait(&watched, &number) == 0;) {
      if (number == kWake) continue;
      if (number == SIGHUP) {
        note_hangup();
      } else if (!note_end()) {
        at_once(loss);
      }
    }
  }

  void note_hangup() {
    const std::lock_guard lock(mutex);
    if (listener.reload) return listener.reload();
    reloading = true;
  }

  // False when it was asked for before.
  bool note_end() {
    const std::lock_guard lock(mutex);
    if (std::exchange(ending, true)) return false;
    if (listener.end) listener.end();
    return true;
  }
};

SignalWatch::SignalWatch(std::function<void(Loss)> at_once) : impl_(std::make_unique<Impl>(std::move(at_once))) {}

// The signals stay blocked: what is left of the process takes no time.
SignalWatch::~SignalWatch() {
  impl_->over = true;
  pthread_kill(impl_->thread.native_handle(), kWake);
  impl_->thread.join();
}

void SignalWatch::tell(Listener listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener = std::move(listener);
  if (std::exchange(impl_->reloading, false)) impl_->listener.reload();
  if (impl_->ending) impl_->listener.end();
}

void SignalWatch::note_answered() { impl_->loss = Loss::kNone; }

void SignalWatch::tell_nobody() {
  const std::lock_guard lock(impl_->mutex);
  impl_->listener = {};
}

}  // namespace torq::app
