// SPDX-License-Identifier: MIT
#include "torq/client/resolver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <utility>

#include "torq/base/sockaddr.hpp"

namespace torq::client {
namespace {

using Asio = boost::asio::ip::udp::resolver;

ConnectionFault unresolved(const boost::system::error_code& error) {
  const bool again = error == boost::asio::error::host_not_found_try_again;
  const std::string advice = again ? "check the network, or the name servers" : "check the spelling of the host name";
  return {{ErrorKind::kName, "", "the host name does not resolve: " + error.message(), advice, ""}, again};
}

class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(boost::asio::io_context& loop) : asio_(loop) {}

  void resolve(const std::string& host, std::uint16_t port, Done done) override {
    asio_.async_resolve(
        host, std::to_string(port), Asio::numeric_service,
        [done = std::move(done)](const boost::system::error_code& error, const Asio::results_type& results) {
          if (error) return done(Failure(unresolved(error)));
          std::vector<SocketAddress> addresses;
          for (const auto& entry : results) {
            const auto endpoint = entry.endpoint();
            addresses.push_back(from_sockaddr(reinterpret_cast<const sockaddr*>(endpoint.data())));
          }
          done(addresses);
        });
  }

 private:
  Asio asio_;
};

}  // namespace

std::unique_ptr<Resolver> make_system_resolver(boost::asio::io_context& loop) {
  return std::make_unique<SystemResolver>(loop);
}

}  // namespace torq::client
