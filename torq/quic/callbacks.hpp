// SPDX-License-Identifier: MIT
#pragma once
// The one table of ngtcp2 callbacks, the one cast from ngtcp2's user pointer, the one mapping of failures.

#include <ngtcp2/ngtcp2.h>

namespace torq::quic {

struct Callbacks {
  static ngtcp2_callbacks server();
  static ngtcp2_callbacks client();

 private:
  static ngtcp2_callbacks common();
};

}  // namespace torq::quic
