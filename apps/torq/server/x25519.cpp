// SPDX-License-Identifier: MIT
#include "apps/torq/server/x25519.hpp"

#include <sodium.h>

#include <algorithm>

namespace torq::app {

void prepare_x25519() {
  if (sodium_init() < 0) return;  // the portable form works without
}

}  // namespace torq::app

void nettle_curve25519_mul(unsigned char* product, const unsigned char* scalar, const unsigned char* point) {
  // Of a point of small order libsodium leaves `product` as it was, and GnuTLS looks for zeros.
  if (crypto_scalarmult_curve25519(product, scalar, point) != 0) std::fill_n(product, 32, 0);
}
