// SPDX-License-Identifier: MIT
// A server's credentials. In a file of their own, because a program that is a client only then does without OpenSSL.
#include <gnutls/abstract.h>

#include <array>

#include "torq/quic/certificate.hpp"
#include "torq/quic/signer.hpp"
#include "torq/quic/tls_credentials.hpp"

namespace torq::quic {
namespace {

// Parsed once. AES-128 first and by the server's choice, because ChaCha20 costs twelve times as much here and rustls
// clients lead with other ciphers; no TLS 1.2 compatibility record, which QUIC forbids (RFC 9001 8.4).
constexpr const char* kServerPriority =
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+SIGN-ECDSA-SECP256R1-SHA256:"
    "+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:"
    "+SIGN-RSA-PSS-SHA256:+SIGN-RSA-PSS-SHA384:+SIGN-RSA-PSS-SHA512:+GROUP-X25519:+GROUP-SECP256R1:"
    "+GROUP-SECP384R1:+CTYPE-SRV-X509:+CTYPE-CLI-X509:%DISABLE_TLS13_COMPAT_MODE:%SERVER_PRECEDENCE";

// GnuTLS's own limit for what a client would verify.
constexpr unsigned kLongestChain = 16;

// The pair is known to be sound (check_pair): what fails here fails from lack of memory, and GnuTLS does not tell which
// of the parts it has taken by then. They are left to it.
int install(gnutls_certificate_credentials_t to, const gnutls_datum_t& chain_pem, gnutls_privkey_t signer) {
  std::array<gnutls_pcert_st, kLongestChain> chain{};
  unsigned count = kLongestChain;
  const int rv = gnutls_pcert_list_import_x509_raw(chain.data(), &count, &chain_pem, GNUTLS_X509_FMT_PEM,
                                                   GNUTLS_X509_CRT_LIST_SORT);
  if (rv >= 0) return gnutls_certificate_set_key(to, nullptr, 0, chain.data(), static_cast<int>(count), signer);
  gnutls_privkey_deinit(signer);
  return rv;
}

int install(gnutls_certificate_credentials_t to, std::string_view certificate_pem, std::string_view key_pem) {
  const gnutls_datum_t chain = datum(certificate_pem);
  if (const auto signer = signer_by_openssl(key_pem)) return install(to, chain, *signer);
  const gnutls_datum_t key = datum(key_pem);
  return gnutls_certificate_set_x509_key_mem(to, &chain, &key, GNUTLS_X509_FMT_PEM);
}

}  // namespace

Result<ServerTls, std::string> ServerTls::create(std::string_view certificate_pem, std::string_view key_pem) {
  if (auto fault = check_pair(certificate_pem, key_pem)) return Failure(*fault);
  auto credentials = std::make_shared<Credentials>(kServerPriority);
  const int rv = install(credentials->certificate, certificate_pem, key_pem);
  if (rv < 0) return Failure(std::string(gnutls_strerror(rv)));
  ServerTls tls;
  tls.credentials_ = std::move(credentials);
  return tls;
}

gnutls_certificate_credentials_st* ServerTls::certificate() const { return credentials_->certificate; }

}  // namespace torq::quic
