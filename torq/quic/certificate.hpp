// SPDX-License-Identifier: MIT
#pragma once
// X.509 as bytes in, bytes out: makes self-signed certificates, checks that a key belongs to a certificate, computes
// the pin of a public key. Reads no file and no clock (GnuTLS draws keys and serial numbers from its own entropy). Not
// the TLS side: what a connection does with a certificate is with the credentials. Stateless; any thread. RFC 5280, RFC
// 7469 2.4 (the pin's input).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/base/bytes.hpp"
#include "torq/base/result.hpp"

namespace torq::quic {

/// Ed25519 signatures have one length, so packets repeat in simulations; public programs do not all take them.
enum class KeyKind : std::uint8_t { kEcdsaP256, kEd25519 };

/// What a certificate says of its owner: the names and addresses that a client may have dialled, and how long.
struct CertificateTerms {
  std::vector<std::string> names;  ///< DNS names in ASCII
  std::vector<IpAddress> ips;
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
};

/// Text in PEM.
struct CertificatePair {
  std::string cert_pem;  ///< a chain has its leaf first
  std::string key_pem;   ///< PKCS #8, not encrypted
};

/// A new key and a certificate for it. The error is GnuTLS's, with the step that failed.
Result<CertificatePair, std::string> make_self_signed(KeyKind key_kind, const CertificateTerms& terms);

/// A certificate for a key that exists, which therefore keeps its pin.
Result<std::string, std::string> self_sign(std::string_view key_pem, const CertificateTerms& terms);

/// "sha256:" and 64 lower-case digits: SHA-256 of the DER SubjectPublicKeyInfo, so it survives renewal with the same
/// key. Of the first certificate in the text; nothing when there is none.
std::optional<std::string> spki_pin(std::string_view cert_pem);
/// The same for a certificate as TLS delivers it.
std::optional<std::string> spki_pin_of_der(Bytes cert_der);

/// What a server's certificate promises its clients. Of the first certificate in the text.
struct CertificatePromise {
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  bool is_self_signed = false;
  bool is_for_servers = false;  ///< no extended key usage at all, or serverAuth (RFC 5280 4.2.1.12)

  bool operator==(const CertificatePromise&) const = default;
};
/// Nothing when there is none.
std::optional<CertificatePromise> read_promise(std::string_view cert_pem);

/// Why these two cannot serve TLS together: not PEM, encrypted, not each other's, or a kind of key that cannot sign in
/// our handshakes. Nothing when they can.
std::optional<std::string> check_pair(std::string_view cert_pem, std::string_view key_pem);

}  // namespace torq::quic
