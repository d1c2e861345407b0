// SPDX-License-Identifier: MIT
#pragma once
// A server's private key whose signatures OpenSSL makes. A signature is a quarter of what a full handshake costs, and
// OpenSSL makes one on P-256 in half of GnuTLS's time; everything else of TLS stays with GnuTLS. May be used by many
// threads. Why: docs/decisions/0008-signatures-by-openssl.md.

#include <optional>
#include <string_view>

struct gnutls_privkey_st;

namespace torq::quic {

/// `key_pem`: PKCS #8 or SEC 1, not encrypted. Nothing for a key of another kind than ECDSA on P-256, which GnuTLS then
/// reads and signs with itself. The key is the caller's, until a credentials structure takes it.
std::optional<gnutls_privkey_st*> signer_by_openssl(std::string_view key_pem);

}  // namespace torq::quic
