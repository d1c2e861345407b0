// SPDX-License-Identifier: MIT
#pragma once
// Sole owner of one file descriptor: closes it, nothing more. Not a file: what may be done with it is its holder's
// business. Belongs to one thread at a time.

#include <utility>

namespace torq::files {

class Descriptor {
 public:
  Descriptor() = default;  // owns nothing
  /// Takes `fd` over; a negative number means none.
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// For a call that takes the descriptor over.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace torq::files
