// SPDX-License-Identifier: MIT
#include "torq/quic/certificate_facts.hpp"

#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include "torq/quic/certificate.hpp"

namespace torq::quic {
namespace {

using std::chrono::sys_seconds;

std::vector<std::byte> der_of(const std::string& pem) {
  const gnutls_datum_t text{reinterpret_cast<unsigned char*>(const_cast<char*>(pem.data())),
                            static_cast<unsigned>(pem.size())};
  gnutls_datum_t der{};
  gnutls_pem_base64_decode2("CERTIFICATE", &text, &der);
  const auto bytes = std::as_bytes(std::span(der.data, der.size));
  std::vector<std::byte> copy(bytes.begin(), bytes.end());
  gnutls_free(der.data);
  return copy;
}

TEST(CertificateFacts, AreThoseOfTheTerms) {
  CertificateTerms terms;
  terms.names = {"tracker.example", "localhost"};
  terms.ips = {*parse_ip("192.0.2.7"), *parse_ip("2001:db8::1")};
  terms.not_before = sys_seconds(std::chrono::seconds(1'700'000'000));
  terms.not_after = sys_seconds(std::chrono::seconds(1'800'000'000));
  const auto made = make_self_signed(KeyKind::kEcdsaP256, terms);

  const auto facts = read_certificate_facts(der_of(made->cert_pem));

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->names, (std::vector<std::string>{"tracker.example", "localhost", "192.0.2.7", "2001:db8::1"}));
  EXPECT_EQ(facts->issuer, "CN=torq self-signed");
  EXPECT_TRUE(facts->self_issued);
  EXPECT_EQ(facts->not_before, terms.not_before);
  EXPECT_EQ(facts->not_after, terms.not_after);
  EXPECT_EQ(facts->pin, spki_pin(made->cert_pem));
}

TEST(CertificateFacts, AreNothingForWhatIsNoCertificate) {
  const auto made = make_self_signed(KeyKind::kEcdsaP256, {});
  auto der = der_of(made->cert_pem);
  ASSERT_TRUE(read_certificate_facts(der));

  EXPECT_FALSE(read_certificate_facts({}));
  EXPECT_FALSE(read_certificate_facts(as_bytes("nonsense")));
  for (std::size_t size = 0; size < der.size(); size += 7) EXPECT_FALSE(read_certificate_facts(Bytes(der).first(size)));
}

}  // namespace
}  // namespace torq::quic
