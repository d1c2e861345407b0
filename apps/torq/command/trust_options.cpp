// SPDX-License-Identifier: MIT
#include "apps/torq/command/trust_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/foreground.hpp"
#include "apps/torq/state/state_dir.hpp"
#include "torq/client/first_use.hpp"
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
  if (!pem) throw UsageError(option, to_string(pem.error()));
  const auto trust = client::Trust::authorities(*pem);
  if (!trust) throw UsageError(option, path + ": " + trust.error());
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

client::KnownServers known_servers(const TrustOptions& options) {
  const auto folder = state_path(std::nullopt, read_state_environment());
  if (folder) return client::KnownServers(*folder + "/known_servers");
  if (!options.trust_new) return client::KnownServers("");
  throw UsageError("--trust-new", "neither XDG_STATE_HOME nor HOME is set: there is no place for the key");
}

[[noreturn]] void refuse(const client::TrackerUrl& url, const client::Error& error) {
  complain(shown(url), error);
  throw Ended{exit_code_of(error)};
}

// Dials, so that it waits as the verbs do: a signal ends it.
client::Trust meet(const client::KnownServers& known, const client::TrackerUrl& url) {
  Foreground foreground;
  std::optional<Result<client::Trust, client::Error>> outcome;
  client::TrackerClient client;  // ends before the foreground that it posts to
  const client::Identify identify = [&](client::Done<std::string> done) { client.identify(url, std::move(done)); };
  client::trust_on_first_use(identify, known, url.host, url.port, [&](Result<client::Trust, client::Error> trust) {
    foreground.post([&, trust = std::move(trust)] {
      outcome = trust;
      foreground.finish();
    });
  });
  if (!foreground.run()) throw Ended{ExitCode::kInterrupted};
  if (!*outcome) refuse(url, outcome->error());
  std::cerr << "torq: this server is new; from now on it is known by its key " << (*outcome)->recorded_pin() << " ("
            << (*outcome)->where() << "): compare it with what the server's operator says\n";
  return **outcome;
}

// Other programs print digests in capitals.
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

void add_trust_options(Verb& verb, TrustOptions& options) {
  const std::string group = "Trust";
  auto ca =
      verb.option("--ca", options.ca,
                  fmt::format("CA certificates to believe, PEM (default: $SSL_CERT_FILE or {})", kSystemAuthorities));
  ca.takes("FILE").under(group);
  auto pin = verb.option("--pin", options.pin,
                         "believe the server whose public key has this digest, whatever its certificate says");
  pin.takes("sha256:HEX").under(group).excludes(ca);
  auto insecure = verb.flag("--insecure", options.insecure, "believe whoever answers");
  insecure.under(group).excludes(ca).excludes(pin);
  verb.flag("--trust-new", options.trust_new,
            "believe a server that is new here, and write its key down: from then on it is known by it, also\n"
            "without this option ($XDG_STATE_HOME/torq/known_servers). The first that there is, counts:\n"
            "--insecure, --pin, ?pin= in the URL, --ca, a known server's key, the system's CAs")
      .under(group)
      .excludes(ca)
      .excludes(pin)
      .excludes(insecure);
}

client::Trust TrustRule::of(const client::Url& url) {
  return of(client::TrackerUrl{client::TrackerScheme::kQuic, url.host, url.port, {}, url.pin});
}

client::Trust TrustRule::of(const client::TrackerUrl& url) {
  if (options_.insecure) return of_all();
  if (options_.pin) {
    const client::Trust& trust = of_all();
    if (url.pin.empty() || trust == client::Trust::pin(url.pin).value()) return trust;
    throw UsageError("--pin", "it is another pin than the one in " + shown(url));
  }
  if (!url.pin.empty()) return client::Trust::pin(url.pin).value();
  if (options_.ca) return of_all();
  if (const auto known = of_known(url)) return *known;
  return of_all();
}

const client::Trust& TrustRule::of_all() {
  if (of_all_) return *of_all_;
  if (options_.insecure) {
    std::cerr << "torq: warning: --insecure believes whoever answers: what comes may be forged\n";
    return of_all_.emplace(client::Trust::anyone());
  }
  if (options_.ca) return of_all_.emplace(authorities_of("--ca", *options_.ca));
  if (!options_.pin) return of_all_.emplace(system_trust());
  const auto trust = client::Trust::pin(lower(*options_.pin));
  if (!trust) throw UsageError("--pin", trust.error());
  return of_all_.emplace(*trust);
}

Result<client::Trust, client::Error> TrustRule::of_other(const std::string& host, std::uint16_t port) {
  if (options_.insecure || options_.pin || options_.ca) return of_all();
  auto known = client::known_trust(known_servers(TrustOptions()), host, port);
  if (!known) return Failure(known.error());
  return *known ? **known : of_all();
}

std::optional<client::Trust> TrustRule::of_known(const client::TrackerUrl& url) const {
  const client::KnownServers known = known_servers(options_);
  auto trust = client::known_trust(known, url.host, url.port);
  if (!trust) refuse(url, trust.error());
  if (*trust || !options_.trust_new) return *trust;
  return meet(known, url);
}

client::Trust resolve_trust(const TrustOptions& options, const client::Url& url) { return TrustRule(options).of(url); }

client::Tracker resolve_tracker(const TrustOptions& options, const client::TrackerUrl& url) {
  const auto rule = std::make_shared<TrustRule>(options);
  std::optional<client::Trust> own;
  if (url.has_tls()) own = rule->of(url);
  return {url, [rule, own, host = url.host, port = url.port](const std::string& other, std::uint16_t other_port) {
            const bool is_own = own && other == host && other_port == port;
            return is_own ? Result<client::Trust, client::Error>(*own) : rule->of_other(other, other_port);
          }};
}

}  // namespace torq::app
