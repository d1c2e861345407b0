// SPDX-License-Identifier: MIT
#include "torq/quic/certificate_facts.hpp"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "torq/base/address.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::quic {
namespace {

constexpr unsigned kMostNames = 64;
constexpr std::size_t kLongestName = 512;

struct ReleaseParsed {
  void operator()(gnutls_x509_crt_t crt) const { gnutls_x509_crt_deinit(crt); }
};
using ParsedCertificate = std::unique_ptr<gnutls_x509_crt_int, ReleaseParsed>;

ParsedCertificate parse(Bytes der) {
  gnutls_x509_crt_t raw = nullptr;
  if (gnutls_x509_crt_init(&raw) < 0) return nullptr;
  ParsedCertificate crt(raw);
  const gnutls_datum_t data{const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(der.data())),
                            static_cast<unsigned>(der.size())};
  return gnutls_x509_crt_import(crt.get(), &data, GNUTLS_X509_FMT_DER) < 0 ? nullptr : std::move(crt);
}

std::optional<std::string> address_of(Bytes bytes) {
  std::array<std::byte, 4> v4{};
  std::array<std::byte, 16> v6{};
  if (bytes.size() == v4.size()) {
    std::ranges::copy(bytes, v4.begin());
    return to_string(IpAddress::v4(v4));
  }
  if (bytes.size() != v6.size()) return std::nullopt;
  std::ranges::copy(bytes, v6.begin());
  return to_string(IpAddress::v6(v6));
}

std::vector<std::string> names_of(gnutls_x509_crt_t crt) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < kMostNames; ++i) {
    std::array<char, kLongestName> name{};
    std::size_t size = name.size();
    const int type = gnutls_x509_crt_get_subject_alt_name(crt, i, name.data(), &size, nullptr);
    if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
    if (type == GNUTLS_SAN_DNSNAME) names.emplace_back(name.data(), size);
    if (type != GNUTLS_SAN_IPADDRESS) continue;
    if (auto address = address_of(std::as_bytes(std::span(name.data(), size)))) names.push_back(*std::move(address));
  }
  return names;
}

template <class Get>
std::string distinguished_name(gnutls_x509_crt_t crt, Get get) {
  gnutls_datum_t text{};
  if (get(crt, &text, 0U) < 0) return "";
  std::string name(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  return name;
}

}  // namespace

std::optional<CertificateFacts> read_certificate_facts(Bytes der) {
  const ParsedCertificate crt = parse(der);
  if (crt == nullptr) return std::nullopt;
  const auto time = [](time_t at) { return std::chrono::sys_seconds(std::chrono::seconds(at)); };
  CertificateFacts facts;
  facts.names = names_of(crt.get());
  facts.issuer = distinguished_name(crt.get(), gnutls_x509_crt_get_issuer_dn3);
  facts.self_issued = facts.issuer == distinguished_name(crt.get(), gnutls_x509_crt_get_dn3);
  facts.not_before = time(gnutls_x509_crt_get_activation_time(crt.get()));
  facts.not_after = time(gnutls_x509_crt_get_expiration_time(crt.get()));
  facts.pin = spki_pin_of_der(der).value_or("");
  return facts;
}

}  // namespace torq::quic
