// SPDX-License-Identifier: MIT
#pragma once
// Key exchange on Curve25519 by libsodium, in half of nettle's time (docs/decisions/0011). GnuTLS has no door for it,
// but asks libhogweed's `nettle_curve25519_mul` by its name: this program defines that name, and the dynamic linker
// looks here first. Only a program may do that, never a library: whoever uses torq's keeps the GnuTLS that they know.

namespace torq::app {

/// Lets libsodium find out what the processor can do. Before the first handshake; without it the slowest form is used.
/// Threads: any.
void prepare_x25519();

}  // namespace torq::app

extern "C" {
/// RFC 7748, 5: `product` = `scalar` * `point`, 32 bytes each. Zeros for a point of small order, which TLS refuses.
void nettle_curve25519_mul(unsigned char* product, const unsigned char* scalar, const unsigned char* point);
}
