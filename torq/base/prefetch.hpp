// SPDX-License-Identifier: MIT
#pragma once
// Tells the processor which memory will be read soon, so that several reads wait side by side. Changes nothing.

namespace torq {

/// Any address will do, also one where nothing is.
inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC takes a function that does nothing but this for one without effect, and leaves out calls of it.
  asm volatile("" : : "r"(address));
}

}  // namespace torq
