// SPDX-License-Identifier: MIT
#pragma once
// The file in which a client remembers by which key it knows which server, as ssh does in known_hosts. One server a
// line; people may edit it; `#` begins a line that is for them alone:
//
//   tracker.example:7001 sha256:6f7a…        host in lower case, IPv6 in brackets, then the pin
//
// When a key is written down, and when it is asked for, is the business of first_use.hpp. Holds no file open and keeps
// nothing in memory, so that several processes can share the file; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/result.hpp"

namespace torq::client {

struct KnownServer {
  std::string pin;    ///< `sha256:` and 64 lower-case digits
  std::string where;  ///< for people: "/home/ann/.local/state/torq/known_servers, line 3"
};

class KnownServers {
 public:
  /// Nothing is read or made yet.
  explicit KnownServers(std::string path) : path_(std::move(path)) {}

  /// Nothing when the server, or the whole file, is not there. The error names the file, and the line if one is broken:
  /// with a broken line no server is known any more, lest the line that was meant for this one is overlooked.
  Result<std::optional<KnownServer>, std::string> find(std::string_view host, std::uint16_t port) const;

  /// What is written of the server from now on: `pin`, which must be one, unless another process was first. Makes the
  /// folder (0700) and the file (0600); the file changes as a whole or not at all.
  Result<KnownServer, std::string> add(std::string_view host, std::uint16_t port, const std::string& pin) const;

 private:
  std::string path_;
};

}  // namespace torq::client
