// SPDX-License-Identifier: MIT
#include "torq/client/first_use.hpp"

#include <future>
#include <utility>

namespace torq::client {
namespace {

// Whom to believe cannot be told, so nobody is believed.
Error unreadable(const std::string& why) {
  return {ErrorKind::kTrust, "", "the file of known servers cannot be used: " + why,
          "mend it, or name the key with --pin", ""};
}

}  // namespace

Result<std::optional<Trust>, Error> known_trust(const KnownServers& known, std::string_view host, std::uint16_t port) {
  const auto found = known.find(host, port);
  if (!found) return Failure(unreadable(found.error()));
  if (!*found) return std::optional<Trust>();
  return std::optional(Trust::recorded((*found)->pin, (*found)->where).value());
}

void trust_on_first_use(const Identify& identify, const KnownServers& known, std::string host, std::uint16_t port,
                        Done<Trust> done) {
  auto trust = known_trust(known, host, port);
  if (!trust) return done(Failure(trust.error()));
  if (*trust) return done(**trust);
  identify([&known, host = std::move(host), port, done = std::move(done)](Result<std::string, Error> pin) {
    if (!pin) return done(Failure(pin.error()));
    const auto written = known.add(host, port, *pin);
    if (!written) return done(Failure(unreadable(written.error())));
    done(Trust::recorded(written->pin, written->where).value());
  });
}

void trust_on_first_use(Client& client, const KnownServers& known, std::string host, std::uint16_t port,
                        Done<Trust> done) {
  const Identify identify = [&](Done<std::string> pin) { client.identify(host, port, std::move(pin)); };
  trust_on_first_use(identify, known, host, port, std::move(done));
}

Result<Trust, Error> trust_on_first_use(Client& client, const KnownServers& known, std::string host,
                                        std::uint16_t port) {
  const auto answer = std::make_shared<std::promise<Result<Trust, Error>>>();
  auto future = answer->get_future();
  trust_on_first_use(client, known, std::move(host), port,
                     [answer](Result<Trust, Error> trust) { answer->set_value(std::move(trust)); });
  return future.get();
}

}  // namespace torq::client
