// SPDX-License-Identifier: MIT
#pragma once
// Who the server is: its certificate, key and pin, from the operator's files or made here and kept. Reads files and the
// machine's names; the certificates themselves are quic/certificate's. Stateless; called by main before any worker.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/torq/state/state_dir.hpp"
#include "torq/base/address.hpp"
#include "torq/base/result.hpp"

namespace torq::app {

struct ServerIdentity {
  std::string cert_pem;  ///< the chain, leaf first
  std::string key_pem;
  std::string pin;                    ///< `sha256:<64 hex>`
  std::vector<std::string> warnings;  ///< for people: what is unsafe about it, or keeps clients away
};

/// --cert and --key: both or neither.
struct IdentityFiles {
  std::optional<std::string> cert;
  std::optional<std::string> key;
};

/// What clients on this machine and around it may dial.
struct MachineNames {
  std::vector<std::string> names;
  std::vector<IpAddress> ips;
};
/// localhost, the host's name, the loopback addresses and those of all interfaces, each once; so many at most that the
/// certificate stays within a server's first flight (RFC 9000 8.1).
MachineNames read_machine_names();

/// What an error of read_identity() begins with that is about the key file; others are about the certificate.
inline constexpr std::string_view kKeyFault = "key: ";

/// From the operator's files. The error names the file.
Result<ServerIdentity, std::string> read_identity(const std::string& cert_path, const std::string& key_path,
                                                  std::chrono::sys_seconds now);

/// From the operator's files when they are named; else the state directory's own (cert.pem, key.pem), made at first:
/// ECDSA P-256, ten years, from a day before `now` for clients whose clocks are behind. A missing cert.pem is made anew
/// for the key that is there, so the pin survives; so is one that is self-signed and within thirty days of its end. The
/// error names the file.
Result<ServerIdentity, std::string> load_identity(const IdentityFiles& files, const StateDirectory& state,
                                                  std::chrono::sys_seconds now, const MachineNames& machine);

}  // namespace torq::app
