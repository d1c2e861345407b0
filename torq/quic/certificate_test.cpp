// SPDX-License-Identifier: MIT
#include "torq/quic/certificate.hpp"

#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include <set>

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

// Made with OpenSSL 3.0: `openssl ecparam -name prime256v1 -genkey`, `openssl req -x509`; the pin with
// `openssl x509 -pubkey | openssl pkey -pubin -outform DER | sha256sum`.
constexpr const char* kGoldenKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIBbsJNBn7t8CIjS02G/OC1Y31qP0mgxzrd9gykuYd7nsoAoGCCqGSM49\n"
    "AwEHoUQDQgAELgf3L044kR5O9owpEEkQjCnFwJGhZEqWO7Ltj/IB/CArVfO4okLm\n"
    "V506038niU8YJKKjIk23qYb3P845HUd0Lg==\n"
    "-----END EC PRIVATE KEY-----\n";
constexpr const char* kGoldenCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeDCCAR+gAwIBAgIUPnROrjnOAV+hEpn/zhoNBOMRNvUwCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UEAwwGZ29sZGVuMCAXDTI2MTEyMjE4NTEzMFoYDzIxMjYxMDI5MTg1\n"
    "MTMwWjARMQ8wDQYDVQQDDAZnb2xkZW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AAQuB/cvTjiRHk72jCkQSRCMKcXAkaFkSpY7su2P8gH8ICtV87iiQuZXnTrTfyeJ\n"
    "TxgkoqMiTbephvc/zjkdR3Quo1MwUTAdBgNVHQ4EFgQU8yC5YKHvSjUMxivD3aGz\n"
    "rOnCVMQwHwYDVR0jBBgwFoAU8yC5YKHvSjUMxivD3aGzrOnCVMQwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAjfWHtI90mbJAROJJbxE/D3LLPtP2s\n"
    "zztrJ2kWX8RuygIgKkq6TvrsnPYFQ6l0YMdNZ0f3eduoEPj5qucQvcvEIn4=\n"
    "-----END CERTIFICATE-----\n";
constexpr const char* kGoldenPin = "sha256:5a478eb39c670973956a60c19b1b93abd663b28141a1ba21ab1d3c7690218718";
// The golden key under the password "secret", as PKCS #8 and in OpenSSL's older form.
constexpr const char* kEncryptedPkcs8 =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhlRKohku2vzgICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAjl4GhYYtkuVTLfm+qP73cEgZDl\n"
    "4w9es9ZDJ88SUxLEb+GzpLdHVSlnOENxEhkeSRq2MBujF5bEsKwgBKEgKQNZCp/1\n"
    "Qm/i2VMpACVcjf9ZrIqJfHK9WIHaQPBp+uRYUaIgaC71ddBr/he06CBnCSShbI2Y\n"
    "AcBeBzqLqkBDspZJ2IQj6hukinTVyBFQprxvyS2NnpuZKx9pR77wTf6Is/fc9Ss=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
constexpr const char* kEncryptedOpenssl =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,14579F1CED9B1B7324016CD7E89BB9AF\n"
    "\n"
    "a1Agw45eJ9MaMu7Tgrdvb4jfMLMYObclmV4PrbSRML6DkOmonHKMaRd2YmJXbGC0\n"
    "a9j7sx1/rgSuPa1zqChEc4HF70B/F8CT3fDGgcdXaV1OuoaXDQQOVRjYe92JRtfy\n"
    "sTGpMMn/XngD6kv4T91UAIH/enz+Z9wI3d3aK1FUR0E=\n"
    "-----END EC PRIVATE KEY-----\n";

constexpr std::chrono::sys_seconds kStart{1'700'000'000s};
constexpr std::chrono::sys_seconds kEnd{2'000'000'000s};

CertificateTerms terms() {
  return {{"localhost", "torq.example"}, {*parse_ip("127.0.0.1"), *parse_ip("2001:db8::1")}, kStart, kEnd};
}

CertificatePair made(KeyKind kind = KeyKind::kEcdsaP256) { return make_self_signed(kind, terms()).value(); }

/// What GnuTLS reads back.
class Parsed {
 public:
  explicit Parsed(const std::string& pem) {
    const gnutls_datum_t data{reinterpret_cast<unsigned char*>(const_cast<char*>(pem.data())),
                              static_cast<unsigned>(pem.size())};
    gnutls_x509_crt_init(&crt_);
    EXPECT_EQ(gnutls_x509_crt_import(crt_, &data, GNUTLS_X509_FMT_PEM), 0);
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  ~Parsed() { gnutls_x509_crt_deinit(crt_); }

  gnutls_x509_crt_t operator*() const { return crt_; }
  bool is_for_name(const char* name) const { return gnutls_x509_crt_check_hostname(crt_, name) != 0; }
  bool is_for_ip(const char* text) const {
    const IpAddress ip = parse_ip(text).value();
    const Bytes bytes = ip.bytes();
    return gnutls_x509_crt_check_ip(crt_, reinterpret_cast<const unsigned char*>(bytes.data()),
                                    static_cast<unsigned>(bytes.size()), 0) != 0;
  }
  std::string der() const {
    std::string der(4096, '\0');
    std::size_t size = der.size();
    EXPECT_EQ(gnutls_x509_crt_export(crt_, GNUTLS_X509_FMT_DER, der.data(), &size), 0);
    der.resize(size);
    return der;
  }
  /// GNUTLS_CERT_* bits; 0 when a client that trusts exactly this certificate is content.
  unsigned fault_for_whoever_trusts_it() const {
    gnutls_x509_trust_list_t trust = nullptr;
    gnutls_x509_trust_list_init(&trust, 0);
    gnutls_x509_trust_list_add_cas(trust, &crt_, 1, 0);
    unsigned status = ~0U;
    gnutls_x509_crt_t chain = crt_;
    gnutls_x509_trust_list_verify_crt(trust, &chain, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status, nullptr);
    gnutls_x509_trust_list_deinit(trust, 0);
    return status;
  }

 private:
  gnutls_x509_crt_t crt_ = nullptr;
};

TEST(SpkiPin, IsWhatOpensslComputes) { EXPECT_EQ(spki_pin(kGoldenCertificate), kGoldenPin); }

TEST(SpkiPin, IsOfTheFirstCertificateInAChain) {
  EXPECT_EQ(spki_pin(std::string("a comment\n") + kGoldenCertificate + made().cert_pem), kGoldenPin);
}

TEST(SpkiPin, IsTheSameForDer) { EXPECT_EQ(spki_pin_of_der(as_bytes(Parsed(kGoldenCertificate).der())), kGoldenPin); }

TEST(SpkiPin, IsNoneOfWhatIsNoCertificate) {
  const std::string der = Parsed(kGoldenCertificate).der();

  for (const std::string& bad : {std::string(), std::string("text"), std::string(kGoldenKey), der}) {
    EXPECT_EQ(spki_pin(bad), std::nullopt);
  }
  EXPECT_EQ(spki_pin_of_der(as_bytes(kGoldenCertificate)), std::nullopt);
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_EQ(spki_pin_of_der(as_bytes(std::string_view(der).substr(0, size))), std::nullopt) << size;
  }
}

TEST(CertificatePromise, SayWhatACertificatePromises) {
  const auto ours = read_promise(made().cert_pem);
  const auto golden = read_promise(kGoldenCertificate);

  ASSERT_TRUE(ours && golden);
  EXPECT_EQ(ours->not_before, kStart);
  EXPECT_EQ(ours->not_after, kEnd);
  EXPECT_TRUE(ours->is_self_signed);
  EXPECT_TRUE(ours->is_for_servers);
  EXPECT_TRUE(golden->is_self_signed);
  EXPECT_TRUE(golden->is_for_servers) << "a certificate without the extension is for everything";
  EXPECT_EQ(read_promise("nonsense"), std::nullopt);
}

TEST(SelfSigned, PairBelongsTogether) {
  for (const KeyKind kind : {KeyKind::kEcdsaP256, KeyKind::kEd25519}) {
    const CertificatePair pair = made(kind);
    EXPECT_EQ(check_pair(pair.cert_pem, pair.key_pem), std::nullopt);
    EXPECT_EQ(Parsed(pair.cert_pem).fault_for_whoever_trusts_it(), 0);
  }
}

TEST(SelfSigned, IsForItsNamesAndAddressesAndNoOther) {
  const Parsed crt(made().cert_pem);

  EXPECT_TRUE(crt.is_for_name("localhost"));
  EXPECT_TRUE(crt.is_for_name("torq.example"));
  EXPECT_TRUE(crt.is_for_ip("127.0.0.1"));
  EXPECT_TRUE(crt.is_for_ip("2001:db8::1"));
  EXPECT_FALSE(crt.is_for_name("other.example"));
  EXPECT_FALSE(crt.is_for_name("torq self-signed"));
  EXPECT_FALSE(crt.is_for_ip("127.0.0.2"));
  EXPECT_FALSE(crt.is_for_ip("::1"));
}

TEST(SelfSigned, HoldsForItsTimeAndForAServer) {
  const Parsed crt(made().cert_pem);
  std::array<char, 64> purpose{};
  std::size_t size = purpose.size();

  EXPECT_EQ(gnutls_x509_crt_get_activation_time(*crt), kStart.time_since_epoch().count());
  EXPECT_EQ(gnutls_x509_crt_get_expiration_time(*crt), kEnd.time_since_epoch().count());
  EXPECT_EQ(gnutls_x509_crt_get_ca_status(*crt, nullptr), 0);
  EXPECT_EQ(gnutls_x509_crt_get_key_purpose_oid(*crt, 0, purpose.data(), &size, nullptr), 0);
  EXPECT_STREQ(purpose.data(), GNUTLS_KP_TLS_WWW_SERVER);
}

TEST(SelfSigned, HasTheKeyThatWasAskedFor) {
  unsigned bits = 0;

  EXPECT_EQ(gnutls_x509_crt_get_pk_algorithm(*Parsed(made(KeyKind::kEcdsaP256).cert_pem), &bits), GNUTLS_PK_ECDSA);
  EXPECT_EQ(bits, 256);
  EXPECT_EQ(gnutls_x509_crt_get_pk_algorithm(*Parsed(made(KeyKind::kEd25519).cert_pem), &bits),
            GNUTLS_PK_EDDSA_ED25519);
}

TEST(SelfSigned, OnEd25519HasOneSizeSoThatSimulationsRepeat) {
  std::set<std::size_t> sizes;
  for (int i = 0; i < 300; ++i) sizes.insert(Parsed(made(KeyKind::kEd25519).cert_pem).der().size());

  EXPECT_EQ(sizes.size(), 1);
}

TEST(SelfSigned, DiffersEachTime) {
  const CertificatePair a = made();
  const CertificatePair b = made();

  EXPECT_NE(a.key_pem, b.key_pem);
  EXPECT_NE(spki_pin(a.cert_pem), spki_pin(b.cert_pem));
}

TEST(SelfSigned, KeepsItsPinWhenItIsRenewed) {
  const CertificatePair first = made();

  const std::string second = self_sign(first.key_pem, terms()).value();

  EXPECT_NE(second, first.cert_pem);
  EXPECT_EQ(spki_pin(second), spki_pin(first.cert_pem));
  EXPECT_EQ(check_pair(second, first.key_pem), std::nullopt);
}

TEST(SelfSigned, TakesAForeignKey) { EXPECT_EQ(spki_pin(self_sign(kGoldenKey, terms()).value()), kGoldenPin); }

TEST(SelfSigned, RefusesANameThatIsNoText) {
  CertificateTerms bad = terms();
  bad.names = {"caf\xc3\xa9\xff"};

  const auto pair = make_self_signed(KeyKind::kEcdsaP256, bad);

  ASSERT_FALSE(pair);
  EXPECT_TRUE(pair.error().starts_with("add a name: ")) << pair.error();
}

TEST(CheckPair, AcceptsForeignFormsOfKeysAndChains) {
  EXPECT_EQ(check_pair(kGoldenCertificate, kGoldenKey), std::nullopt);
  EXPECT_EQ(check_pair(kGoldenCertificate + made().cert_pem, kGoldenKey), std::nullopt);
}

TEST(CheckPair, SaysThatKeyAndCertificateDoNotBelongTogether) {
  constexpr const char* kText = "the key does not belong to the first certificate";

  EXPECT_EQ(check_pair(kGoldenCertificate, made().key_pem), kText);
  EXPECT_EQ(check_pair(made().cert_pem, made(KeyKind::kEd25519).key_pem), kText);
  EXPECT_EQ(check_pair(made().cert_pem + kGoldenCertificate, kGoldenKey), kText);
}

TEST(CheckPair, SaysWhichOneIsNotPem) {
  for (const char* bad : {"", "text", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", kGoldenKey}) {
    EXPECT_EQ(check_pair(bad, kGoldenKey), "the certificate is not a certificate in PEM form") << bad;
  }
  for (const char* bad :
       {"", "text", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", kGoldenCertificate}) {
    EXPECT_EQ(check_pair(kGoldenCertificate, bad), "the key is not a private key in PEM form") << bad;
  }
}

TEST(CheckPair, SaysThatTheKeyIsEncrypted) {
  EXPECT_EQ(check_pair(kGoldenCertificate, kEncryptedPkcs8), "the key is encrypted");
  EXPECT_EQ(check_pair(kGoldenCertificate, kEncryptedOpenssl), "the key is encrypted");
}

}  // namespace
}  // namespace torq::quic
