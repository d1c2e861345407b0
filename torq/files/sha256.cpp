// SPDX-License-Identifier: MIT
#include "torq/files/sha256.hpp"

#include <gnutls/crypto.h>

#include <new>

namespace torq::files {

Sha256::Sha256() {
  gnutls_hash_hd_t state = nullptr;
  if (gnutls_hash_init(&state, GNUTLS_DIG_SHA256) != 0) throw std::bad_alloc();  // the only way this one fails
  state_.reset(state);
}

void Sha256::update(Bytes bytes) { gnutls_hash(state_.get(), bytes.data(), bytes.size()); }

Sha256::Digest Sha256::digest() {
  Digest digest;
  gnutls_hash_output(state_.get(), digest.data());
  return digest;
}

void Sha256::Free::operator()(hash_hd_st* state) const { gnutls_hash_deinit(state, nullptr); }

}  // namespace torq::files
