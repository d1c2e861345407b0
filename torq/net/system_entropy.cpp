// SPDX-License-Identifier: MIT
#include "torq/net/system_entropy.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace torq::net {

void SystemEntropy::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::uint64_t draw_seed(Entropy& entropy) {
  std::array<std::byte, sizeof(std::uint64_t)> bytes;
  entropy.fill(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), bytes.size());
  return seed;
}

}  // namespace torq::net
