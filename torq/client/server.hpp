// SPDX-License-Identifier: MIT
#pragma once
// Whom a request is for. Requests with equal Servers share a connection.

#include <cstdint>
#include <string>

#include "torq/client/trust.hpp"
#include "torq/client/url.hpp"

namespace torq::client {

struct Server {
  std::string host;  ///< a name, or an IP literal without brackets; the certificate's name is checked against it
  std::uint16_t port = kDefaultPort;
  Trust trust;

  bool operator==(const Server&) const = default;
};

inline Server server_of(const Url& url, Trust trust) { return {url.host, url.port, std::move(trust)}; }

}  // namespace torq::client
