// SPDX-License-Identifier: MIT
#include "torq/quic/signer.hpp"

#include <gnutls/abstract.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

namespace torq::quic {
namespace {

struct Release {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(EVP_PKEY_CTX* it) const { EVP_PKEY_CTX_free(it); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

constexpr int kBits = 256;

Owned<EVP_PKEY> read_key(std::string_view pem) {
  const Owned<BIO> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without this callback OpenSSL would ask the terminal for the password of an encrypted key.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr));
}

bool is_on_p256(EVP_PKEY* key) {
  std::array<char, 32> group{};
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == kBits &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

// `prepared` is never signed with: a copy of it costs less than to look the algorithm up again, and belongs to one
// thread.
int sign(gnutls_privkey_t, gnutls_sign_algorithm_t, void* prepared, unsigned, const gnutls_datum_t* hash,
         gnutls_datum_t* signature) {
  constexpr std::size_t kLargest = 72;  // a SEQUENCE of two INTEGERs of 33 bytes
  const Owned<EVP_PKEY_CTX> signing(EVP_PKEY_CTX_dup(static_cast<EVP_PKEY_CTX*>(prepared)));
  if (signing == nullptr) return GNUTLS_E_MEMORY_ERROR;
  signature->data = static_cast<unsigned char*>(gnutls_malloc(kLargest));
  if (signature->data == nullptr) return GNUTLS_E_MEMORY_ERROR;
  std::size_t size = kLargest;
  if (EVP_PKEY_sign(signing.get(), signature->data, &size, hash->data, hash->size) != 1) {
    gnutls_free(signature->data);
    signature->data = nullptr;
    return GNUTLS_E_PK_SIGN_FAILED;
  }
  signature->size = static_cast<unsigned>(size);
  return 0;
}

int describe(gnutls_privkey_t, unsigned asked, void*) {
  if (asked & GNUTLS_PRIVKEY_INFO_PK_ALGO) return GNUTLS_PK_ECDSA;
  if (asked & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) return kBits;
  if (asked & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) {
    const auto algorithm = GNUTLS_FLAGS_TO_SIGN_ALGO(asked);
    return algorithm == GNUTLS_SIGN_ECDSA_SECP256R1_SHA256 || algorithm == GNUTLS_SIGN_ECDSA_SHA256;
  }
  return -1;
}

void release(gnutls_privkey_t, void* prepared) { EVP_PKEY_CTX_free(static_cast<EVP_PKEY_CTX*>(prepared)); }

}  // namespace

std::optional<gnutls_privkey_st*> signer_by_openssl(std::string_view key_pem) {
  const Owned<EVP_PKEY> key = read_key(key_pem);
  if (key == nullptr || !is_on_p256(key.get())) return std::nullopt;
  Owned<EVP_PKEY_CTX> prepared(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (prepared == nullptr || EVP_PKEY_sign_init(prepared.get()) != 1) return std::nullopt;
  gnutls_privkey_t signer = nullptr;
  if (gnutls_privkey_init(&signer) < 0) return std::nullopt;
  if (gnutls_privkey_import_ext4(signer, prepared.get(), nullptr, sign, nullptr, release, describe, 0) < 0) {
    gnutls_privkey_deinit(signer);
    return std::nullopt;
  }
  prepared.release();
  return signer;
}

}  // namespace torq::quic
