// SPDX-License-Identifier: MIT
#include "torq/client/trust.hpp"

#include <utility>
#include <variant>

#include "torq/base/hex.hpp"
#include "torq/client/pin.hpp"
#include "torq/files/sha256.hpp"
#include "torq/quic/tls.hpp"

namespace torq::client {
namespace {

bool same(const quic::TrustCertificateAuthorities& a, const quic::TrustCertificateAuthorities& b) {
  return a.pem == b.pem;
}
bool same(const quic::TrustPin& a, const quic::TrustPin& b) { return a.pin == b.pin; }
bool same(const quic::TrustAnyone&, const quic::TrustAnyone&) { return true; }
template <class A, class B>
bool same(const A&, const B&) {
  return false;
}

std::string words_of(const quic::TrustCertificateAuthorities& trust) { return "authorities " + trust.pem; }
std::string words_of(const quic::TrustPin& trust) { return "pin " + trust.pin; }
std::string words_of(const quic::TrustAnyone&) { return "anyone"; }

}  // namespace

struct Trust::Shared {
  quic::Trust setting;
  quic::ClientTls tls;
  std::string identity;
  std::string where = {};
  std::string recorded_pin = {};

  static Result<std::shared_ptr<Shared>, std::string> make(quic::Trust setting) {
    auto tls = quic::ClientTls::create(setting);
    if (!tls) return Failure(tls.error());
    files::Sha256 hash;
    const std::string words = std::visit([](const auto& trust) { return words_of(trust); }, setting);
    hash.update(as_bytes(words));
    std::string identity = to_hex(hash.digest());
    return std::make_shared<Shared>(Shared{std::move(setting), std::move(*tls), std::move(identity)});
  }
};

Result<Trust, std::string> Trust::authorities(std::string pem) {
  auto shared = Shared::make(quic::TrustCertificateAuthorities{std::move(pem)});
  if (!shared) return Failure(shared.error());
  return Trust(std::move(*shared));
}

Result<Trust, std::string> Trust::pin(std::string_view pin) {
  auto parsed = parse_pin(pin);
  if (!parsed) return Failure(parsed.error());
  return Trust(Shared::make(quic::TrustPin{std::move(*parsed)}).value());
}

Result<Trust, std::string> Trust::recorded(std::string_view pin, std::string where) {
  auto parsed = parse_pin(pin);
  if (!parsed) return Failure(parsed.error());
  const auto shared = Shared::make(quic::TrustPin{*parsed}).value();
  shared->where = std::move(where);
  shared->recorded_pin = std::move(*parsed);
  return Trust(shared);
}

Trust Trust::anyone() { return Trust(Shared::make(quic::TrustAnyone{}).value()); }

const quic::ClientTls& Trust::tls() const { return shared_->tls; }

const std::string& Trust::where() const { return shared_->where; }

const std::string& Trust::recorded_pin() const { return shared_->recorded_pin; }

const std::string& Trust::identity() const { return shared_->identity; }

bool Trust::operator==(const Trust& other) const {
  if (shared_ == other.shared_) return true;
  return std::visit([](const auto& a, const auto& b) { return same(a, b); }, shared_->setting, other.shared_->setting);
}

}  // namespace torq::client
