// SPDX-License-Identifier: MIT
#include "torq/quic/certificate.hpp"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "torq/base/hex.hpp"

namespace torq::quic {
namespace {

struct Release {
  void operator()(gnutls_x509_crt_t crt) const { gnutls_x509_crt_deinit(crt); }
  void operator()(gnutls_x509_privkey_t key) const { gnutls_x509_privkey_deinit(key); }
};
using Certificate = std::unique_ptr<gnutls_x509_crt_int, Release>;
using PrivateKey = std::unique_ptr<gnutls_x509_privkey_int, Release>;

/// The outcome of a row of GnuTLS calls: the first failure sticks.
class Outcome {
 public:
  void add(const char* step, int code) {
    if (code < 0 && !fault_) fault_ = std::string(step) + ": " + gnutls_strerror(code);
  }
  const std::optional<std::string>& fault() const { return fault_; }

 private:
  std::optional<std::string> fault_;
};

Certificate new_certificate() {
  gnutls_x509_crt_t crt = nullptr;
  if (gnutls_x509_crt_init(&crt) < 0) throw std::bad_alloc();
  return Certificate(crt);
}

PrivateKey new_key() {
  gnutls_x509_privkey_t key = nullptr;
  if (gnutls_x509_privkey_init(&key) < 0) throw std::bad_alloc();
  return PrivateKey(key);
}

/// GnuTLS does not write through it where the parameter is const.
gnutls_datum_t datum(Bytes bytes) {
  return {const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data())),
          static_cast<unsigned>(bytes.size())};
}

/// Of memory that GnuTLS has allocated for us.
std::string take_text(gnutls_datum_t& owned) {
  std::string text(reinterpret_cast<const char*>(owned.data), owned.size);
  gnutls_free(owned.data);
  return text;
}

/// In PEM the first certificate of the text.
Certificate read_certificate(Bytes bytes, gnutls_x509_crt_fmt_t format) {
  Certificate crt = new_certificate();
  const gnutls_datum_t data = datum(bytes);
  return gnutls_x509_crt_import(crt.get(), &data, format) < 0 ? nullptr : std::move(crt);
}

Result<PrivateKey, std::string> read_key(std::string_view pem) {
  PrivateKey key = new_key();
  const gnutls_datum_t data = datum(as_bytes(pem));
  // import2 knows every form of PEM key; without a password it says which one needs one.
  const int code = gnutls_x509_privkey_import2(key.get(), &data, GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (code == GNUTLS_E_DECRYPTION_FAILED) return Failure<std::string>("the key is encrypted");
  if (code < 0) return Failure<std::string>("the key is not a private key in PEM form");
  return key;
}

using KeyId = std::array<std::byte, 32>;

/// SHA-256 of the SubjectPublicKeyInfo, of whatever `get` (a GnuTLS function) takes.
template <class Get, class Object>
std::optional<KeyId> key_id(Get get, const Object& object) {
  KeyId id{};
  std::size_t size = id.size();
  const int code = get(object.get(), GNUTLS_KEYID_USE_SHA256, reinterpret_cast<unsigned char*>(id.data()), &size);
  return code < 0 ? std::nullopt : std::optional(id);
}

Result<PrivateKey, std::string> generate_key(KeyKind kind) {
  const bool is_ecdsa = kind == KeyKind::kEcdsaP256;
  PrivateKey key = new_key();
  Outcome outcome;
  outcome.add("make a key",
              gnutls_x509_privkey_generate(
                  key.get(), is_ecdsa ? GNUTLS_PK_ECDSA : GNUTLS_PK_EDDSA_ED25519,
                  GNUTLS_CURVE_TO_BITS(is_ecdsa ? GNUTLS_ECC_CURVE_SECP256R1 : GNUTLS_ECC_CURVE_ED25519), 0));
  if (outcome.fault()) return Failure(*outcome.fault());
  return key;
}

/// 16 bytes (RFC 5280 4.1.2.2 allows 20) that are positive and always of one length in DER, so that all certificates of
/// equal terms have one size.
std::array<unsigned char, 16> random_serial() {
  std::array<unsigned char, 16> serial{};
  gnutls_rnd(GNUTLS_RND_NONCE, serial.data(), serial.size());
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3f) | 0x40);
  return serial;
}

void add_names(gnutls_x509_crt_t crt, const CertificateTerms& terms, Outcome& outcome) {
  const auto add = [&](gnutls_x509_subject_alt_name_t type, Bytes name) {
    outcome.add("add a name", gnutls_x509_crt_set_subject_alt_name(
                                  crt, type, name.data(), static_cast<unsigned>(name.size()), GNUTLS_FSAN_APPEND));
  };
  for (const std::string& name : terms.names) add(GNUTLS_SAN_DNSNAME, as_bytes(name));
  for (const IpAddress& ip : terms.ips) add(GNUTLS_SAN_IPADDRESS, ip.bytes());
}

/// A server's own certificate and no authority: programs on rustls refuse an authority in a server's place. Names count
/// only as alternative names (RFC 9525); the common name is for people.
void fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const CertificateTerms& terms, Outcome& outcome) {
  constexpr std::string_view kCommonName = "torq self-signed";
  const std::array serial = random_serial();
  const auto time = [](std::chrono::sys_seconds at) { return std::chrono::system_clock::to_time_t(at); };
  outcome.add("set the version", gnutls_x509_crt_set_version(crt, 3));
  outcome.add("set the serial number", gnutls_x509_crt_set_serial(crt, serial.data(), serial.size()));
  outcome.add("set the start", gnutls_x509_crt_set_activation_time(crt, time(terms.not_before)));
  outcome.add("set the end", gnutls_x509_crt_set_expiration_time(crt, time(terms.not_after)));
  outcome.add("set the name", gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, kCommonName.data(),
                                                            static_cast<unsigned>(kCommonName.size())));
  outcome.add("set the key", gnutls_x509_crt_set_key(crt, key));
  outcome.add("set the constraints", gnutls_x509_crt_set_basic_constraints(crt, /*ca=*/0, /*pathLenConstraint=*/-1));
  outcome.add("set the usage", gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
  outcome.add("set the purpose", gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
  add_names(crt, terms, outcome);
}

Result<std::string, std::string> sign(gnutls_x509_privkey_t key, const CertificateTerms& terms) {
  const Certificate crt = new_certificate();
  Outcome outcome;
  fill(crt.get(), key, terms, outcome);
  if (outcome.fault()) return Failure(*outcome.fault());
  // Ed25519 brings its own hash (RFC 8032); GnuTLS wants to hear which.
  const bool is_ed25519 = gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519;
  const auto digest = is_ed25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256;
  gnutls_datum_t pem{};
  outcome.add("sign the certificate", gnutls_x509_crt_sign2(crt.get(), crt.get(), key, digest, 0));
  outcome.add("write the certificate", gnutls_x509_crt_export2(crt.get(), GNUTLS_X509_FMT_PEM, &pem));
  std::string text = take_text(pem);
  if (outcome.fault()) return Failure(*outcome.fault());
  return text;
}

std::optional<std::string> pin_of(const Certificate& crt) {
  if (crt == nullptr) return std::nullopt;
  const auto id = key_id(gnutls_x509_crt_get_key_id, crt);
  if (!id) return std::nullopt;
  return "sha256:" + to_hex(*id);
}

/// What the server's priorities in tls.cpp can sign with; any other key would fail each handshake with alert 40.
bool can_sign_handshakes(gnutls_x509_privkey_t key) {
  const int algorithm = gnutls_x509_privkey_get_pk_algorithm(key);
  if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS || algorithm == GNUTLS_PK_EDDSA_ED25519) return true;
  if (algorithm != GNUTLS_PK_ECDSA) return false;
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  gnutls_x509_privkey_export_ecc_raw(key, &curve, nullptr, nullptr, nullptr);
  return curve == GNUTLS_ECC_CURVE_SECP256R1 || curve == GNUTLS_ECC_CURVE_SECP384R1 ||
         curve == GNUTLS_ECC_CURVE_SECP521R1;
}

}  // namespace

Result<CertificatePair, std::string> make_self_signed(KeyKind key_kind, const CertificateTerms& terms) {
  const auto key = generate_key(key_kind);
  if (!key) return Failure(key.error());
  auto cert_pem = sign(key->get(), terms);
  if (!cert_pem) return Failure(cert_pem.error());
  gnutls_datum_t pem{};
  Outcome outcome;
  outcome.add("write the key",
              gnutls_x509_privkey_export2_pkcs8(key->get(), GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &pem));
  std::string key_pem = take_text(pem);
  if (outcome.fault()) return Failure(*outcome.fault());
  return CertificatePair{*std::move(cert_pem), std::move(key_pem)};
}

Result<std::string, std::string> self_sign(std::string_view key_pem, const CertificateTerms& terms) {
  const auto key = read_key(key_pem);
  if (!key) return Failure(key.error());
  return sign(key->get(), terms);
}

std::optional<std::string> spki_pin(std::string_view cert_pem) {
  return pin_of(read_certificate(as_bytes(cert_pem), GNUTLS_X509_FMT_PEM));
}

std::optional<std::string> spki_pin_of_der(Bytes cert_der) {
  return pin_of(read_certificate(cert_der, GNUTLS_X509_FMT_DER));
}

std::optional<CertificatePromise> read_promise(std::string_view cert_pem) {
  const Certificate crt = read_certificate(as_bytes(cert_pem), GNUTLS_X509_FMT_PEM);
  if (crt == nullptr) return std::nullopt;
  const auto second = [](std::time_t at) { return std::chrono::sys_seconds(std::chrono::seconds(at)); };
  gnutls_x509_crt_t signer = crt.get();
  unsigned fault = 0;
  const bool verified = gnutls_x509_crt_verify(crt.get(), &signer, 1,
                                               GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT | GNUTLS_VERIFY_DISABLE_CA_SIGN |
                                                   GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
                                               &fault) >= 0;
  return CertificatePromise{second(gnutls_x509_crt_get_activation_time(crt.get())),
                            second(gnutls_x509_crt_get_expiration_time(crt.get())),
                            verified && fault == 0 && gnutls_x509_crt_check_issuer(crt.get(), crt.get()) != 0,
                            gnutls_x509_crt_check_key_purpose(crt.get(), GNUTLS_KP_TLS_WWW_SERVER, 0) != 0};
}

std::optional<std::string> check_pair(std::string_view cert_pem, std::string_view key_pem) {
  const Certificate crt = read_certificate(as_bytes(cert_pem), GNUTLS_X509_FMT_PEM);
  if (crt == nullptr) return "the certificate is not a certificate in PEM form";
  const auto key = read_key(key_pem);
  if (!key) return key.error();
  const auto certified = key_id(gnutls_x509_crt_get_key_id, crt);
  if (!certified || certified != key_id(gnutls_x509_privkey_get_key_id, *key)) {
    return "the key does not belong to the first certificate";
  }
  if (!can_sign_handshakes(key->get())) {
    return "clients cannot use a key of this kind: make an ECDSA key on P-256, P-384 or P-521, an Ed25519 or an RSA "
           "key";
  }
  return std::nullopt;
}

}  // namespace torq::quic
