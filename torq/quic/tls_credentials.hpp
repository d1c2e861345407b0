// SPDX-License-Identifier: MIT
#pragma once
// What GnuTLS holds for the credentials of tls.hpp, for the files that make and use them. Nobody else includes this.

#include <gnutls/gnutls.h>

#include <string_view>
#include <utility>

#include "torq/quic/tls.hpp"

namespace torq::quic {

/// A view for GnuTLS, which takes no const.
inline gnutls_datum_t datum(std::string_view text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

/// A certificate, or whom to trust, and the algorithms.
class GnuTlsCredentials {
 public:
  /// `priority` is one of our own texts, and well-formed.
  explicit GnuTlsCredentials(const char* priority_text) {
    gnutls_certificate_allocate_credentials(&certificate);
    gnutls_priority_init(&priority, priority_text, nullptr);
  }
  ~GnuTlsCredentials() {
    gnutls_certificate_free_credentials(certificate);
    gnutls_priority_deinit(priority);
  }
  GnuTlsCredentials(const GnuTlsCredentials&) = delete;
  GnuTlsCredentials& operator=(const GnuTlsCredentials&) = delete;

  gnutls_certificate_credentials_t certificate = nullptr;
  gnutls_priority_t priority = nullptr;
};

struct ServerTls::Credentials : GnuTlsCredentials {
  using GnuTlsCredentials::GnuTlsCredentials;
};

struct ClientTls::Credentials : GnuTlsCredentials {
  Trust trust;
  Credentials(const char* priority_text, Trust whom) : GnuTlsCredentials(priority_text), trust(std::move(whom)) {}
};

}  // namespace torq::quic
