// SPDX-License-Identifier: MIT
#pragma once
// From a host name to addresses. One for a Client; it lives on the Client's thread. Internal to client/.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/client/faults.hpp"

namespace boost::asio {
class io_context;
}

namespace torq::client {

class Resolver {
 public:
  /// In the order of preference (RFC 6724).
  using Done = std::function<void(const Result<std::vector<SocketAddress>, ConnectionFault>&)>;

  virtual ~Resolver() = default;
  /// `done` is called on the Client's thread after this has returned; never, when the Client ends before.
  virtual void resolve(const std::string& host, std::uint16_t port, Done done) = 0;
};

/// What the operating system says: hosts file, DNS, both families at once.
std::unique_ptr<Resolver> make_system_resolver(boost::asio::io_context& loop);

}  // namespace torq::client
