// SPDX-License-Identifier: MIT
// Credentials that cannot be. What sessions do with sound ones is shown by the simulation.
#include "torq/quic/tls.hpp"

#include <gtest/gtest.h>

#include "torq/quic/certificate.hpp"

namespace torq::quic {
namespace {

CertificatePair make_pair_for(const char* name, KeyKind kind = KeyKind::kEd25519) {
  CertificateTerms terms;
  terms.names = {name};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  return *make_self_signed(kind, terms);
}

TEST(ServerTls, TakesACertificateAndItsKey) {
  for (const KeyKind kind : {KeyKind::kEd25519, KeyKind::kEcdsaP256}) {
    const auto pair = make_pair_for("a.example", kind);

    EXPECT_TRUE(ServerTls::create(pair.cert_pem, pair.key_pem));
  }
}

TEST(ServerTls, SaysThatTheCertificateIsNone) {
  const auto pair = make_pair_for("a.example");
  for (const std::string& text : {std::string(), std::string("nonsense"), pair.key_pem, pair.cert_pem.substr(0, 200)}) {
    const auto tls = ServerTls::create(text, pair.key_pem);

    ASSERT_FALSE(tls);
    EXPECT_NE(tls.error().find("certificate"), std::string::npos) << tls.error();
  }
}

TEST(ServerTls, SaysThatTheKeyIsNone) {
  const auto pair = make_pair_for("a.example");
  for (const std::string& text : {std::string(), std::string("nonsense"), pair.cert_pem}) {
    const auto tls = ServerTls::create(pair.cert_pem, text);

    ASSERT_FALSE(tls);
    EXPECT_NE(tls.error().find("key"), std::string::npos) << tls.error();
  }
}

TEST(ServerTls, SaysThatTheKeyIsAnothers) {
  const auto tls = ServerTls::create(make_pair_for("a.example").cert_pem, make_pair_for("a.example").key_pem);

  ASSERT_FALSE(tls);
  EXPECT_NE(tls.error().find("belong"), std::string::npos) << tls.error();
}

TEST(ServerTls, RefusesAKeyThatNoHandshakeCouldUse) {
  const std::string on_p224 =
      "-----BEGIN EC PRIVATE KEY-----\n"
      "MGgCAQEEHEy4Wzdxtmn+ZJXpXDJbjtZD4TR1G4PfNfT1CpWgBwYFK4EEACGhPAM6\n"
      "AARSgzMK+GRBCHKoUr/HE0AwamjWCvuoyp4Ua1Iw2g2aiupnwqaUvnrfuP9DpeqV\n"
      "Bg3lxXMiWIzjdw==\n"
      "-----END EC PRIVATE KEY-----\n";
  const auto certificate = self_sign(on_p224, {{"a.example"}, {}, {}, {}});
  ASSERT_TRUE(certificate) << certificate.error();

  const auto tls = ServerTls::create(*certificate, on_p224);

  ASSERT_FALSE(tls);
  EXPECT_NE(tls.error().find("make an ECDSA key on P-256"), std::string::npos) << tls.error();
}

TEST(ClientTls, TakesOnlyAPinOfTheOneForm) {
  const std::string digits(64, 'a');
  EXPECT_TRUE(ClientTls::create(TrustPin{"sha256:" + digits}));
  for (const std::string& pin :
       {std::string(), std::string("none"), digits, "sha256:" + digits + "a", "sha256:" + digits.substr(1),
        "SHA256:" + digits, "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g')}) {
    EXPECT_FALSE(ClientTls::create(TrustPin{pin})) << pin;
  }
}

TEST(ClientTls, WantsACertificateAmongItsAuthorities) {
  EXPECT_FALSE(ClientTls::create(TrustCertificateAuthorities{""}));
  EXPECT_FALSE(ClientTls::create(TrustCertificateAuthorities{"nonsense"}));
  EXPECT_TRUE(ClientTls::create(TrustCertificateAuthorities{make_pair_for("a.example").cert_pem}));
}

TEST(ClientTls, NeedsNothingToTrustAnyone) { EXPECT_TRUE(ClientTls::create(TrustAnyone{})); }

}  // namespace
}  // namespace torq::quic
