// SPDX-License-Identifier: MIT
#pragma once
// SHA-256 (FIPS 180-4) of bytes that come in pieces. Not for secrets: nothing is compared in constant time. One object
// belongs to one thread.

#include <array>
#include <cstddef>
#include <memory>

#include "torq/base/bytes.hpp"

struct hash_hd_st;

namespace torq::files {

class Sha256 {
 public:
  using Digest = std::array<std::byte, 32>;

  Sha256();

  void update(Bytes bytes);
  /// Of everything since the start or the last digest().
  Digest digest();

 private:
  struct Free {
    void operator()(hash_hd_st* state) const;
  };
  std::unique_ptr<hash_hd_st, Free> state_;
};

}  // namespace torq::files
