// SPDX-License-Identifier: MIT
#include "apps/torq/trust_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "torq/files/small_file.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::app {
namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kLargestCaFile = 16 * 1024 * 1024;

std::string system_authorities_path() {
  const char* chosen = std::getenv("SSL_CERT_FILE");
  return chosen != nullptr && *chosen != '\0' ? chosen : kSystemAuthorities;
}

client::Trust authorities_of(const std::string& option, const std::string& path) {
  const auto pem = files::read_file(path, kLargestCaFile);
  if (!pem) throw CLI::ValidationError(option, to_string(pem.error()));
  const auto trust = client::Trust::authorities(*pem);
  if (!trust) throw CLI::ValidationError(option, path + ": " + trust.error());
  return *trust;
}

// A CA whose key nobody has: every certificate is refused for the right reason, with its pin told.
client::Trust trust_nobody() {
  quic::CertificateTerms terms;
  terms.names = {"nobody.invalid"};
  const auto made = quic::make_self_signed(quic::KeyKind::kEcdsaP256, terms);
  return client::Trust::authorities(made.value().cert_pem).value();
}

client::Trust system_trust() {
  const std::string path = system_authorities_path();
  if (const auto pem = files::read_file(path, kLargestCaFile)) {
    if (const auto trust = client::Trust::authorities(*pem)) return *trust;
  }
  std::cerr << "torq: warning: there are no CA certificates in " << path
            << ": install ca-certificates, or use --ca or --pin\n";
  return trust_nobody();
}

// Other programs print digests in capitals.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

void add_trust_options(CLI::App& verb, TrustOptions& options) {
  const std::string group = "Trust";
  auto* ca = verb.add_option(
      "--ca", options.ca,
      std::string("CA certificates to believe, PEM (default: $SSL_CERT_FILE or ") + kSystemAuthorities + ")");
  ca->type_name("FILE")->group(group);
  auto* pin = verb.add_option("--pin", options.pin,
                              "believe the server whose public key has this digest, whatever its certificate says");
  pin->type_name("sha256:HEX")->group(group)->excludes(ca);
  verb.add_flag("--insecure", options.insecure, "believe whoever answers")->group(group)->excludes(ca)->excludes(pin);
}

client::Trust resolve_trust(const TrustOptions& options) {
  if (options.insecure) {
    std::cerr << "torq: warning: --insecure believes whoever answers: what comes may be forged\n";
    return client::Trust::anyone();
  }
  if (options.ca) return authorities_of("--ca", *options.ca);
  if (!options.pin) return system_trust();
  const auto trust = client::Trust::pin(lower(*options.pin));
  if (!trust) throw CLI::ValidationError("--pin", trust.error());
  return *trust;
}

}  // namespace torq::app
