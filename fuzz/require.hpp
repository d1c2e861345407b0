// SPDX-License-Identifier: MIT
#pragma once
// What a fuzz target demands of its subject, in every build: a crash is the only answer that libFuzzer understands.

#include <cstdlib>

inline void require(bool condition) {
  if (!condition) std::abort();
}
