// SPDX-License-Identifier: MIT
#pragma once
// What a certificate says of its owner, for people who look why it is refused. It judges nothing: that is the TLS
// side's. All texts are the certificate's own, which anybody may have written. Stateless; any thread. RFC 5280.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "torq/base/bytes.hpp"

namespace torq::quic {

struct CertificateFacts {
  std::vector<std::string> names;  ///< DNS names and IP addresses that it is for (subject alternative names)
  std::string issuer;              ///< its distinguished name (RFC 4514)
  bool self_issued = false;        ///< issuer and subject are the same
  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};
  std::string pin;  ///< `sha256:` and 64 digits
};

/// Nothing when it is no certificate. Of its names at most 64.
std::optional<CertificateFacts> read_certificate_facts(Bytes der);

}  // namespace torq::quic
