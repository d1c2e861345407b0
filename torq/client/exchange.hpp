// SPDX-License-Identifier: MIT
#pragma once
// One request and what becomes of its answer, free of connections and clocks: composes the request, eats the answer as
// it comes, tells the caller once. A Link carries it, maybe over several connections. Made on the caller's thread, from
// then on used on the Client's. Internal to client/.

#include <optional>
#include <string>

#include "torq/base/bytes.hpp"
#include "torq/base/clock.hpp"
#include "torq/client/call.hpp"
#include "torq/client/error.hpp"
#include "torq/wire/messages.hpp"

namespace torq::client {

class Exchange {
 public:
  struct Traits {
    bool needs_capabilities = false;  ///< what it asks depends on what the server offers
    bool repeatable = true;           ///< asking twice does no harm
    bool is_preliminary = false;      ///< a question of our own: its answer does not show that a server serves
    bool renews_patience = false;     ///< `patience` counts from when something came, not from the request
    bool is_http3 = false;            ///< its connection has to have HTTP/3's control stream
    Duration patience{};
  };

  explicit Exchange(const Traits& traits) : traits_(traits) {}
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// The request's bytes. Begins a new try: what came of the answer before is void.
  virtual Result<std::string, Error> compose(const wire::CapabilitySet& offered) = 0;
  /// The next bytes of the answer. A failure ends the exchange.
  virtual Outcome take(Bytes bytes) = 0;
  /// The answer has ended.
  virtual Outcome end() = 0;
  /// This try has brought something that another one need not fetch again.
  virtual bool progressed() const { return false; }
  /// The last call: without an error after end() was good, with it at any time.
  virtual void finish(const std::optional<Error>& error) = 0;

  const Traits& traits() const { return traits_; }

  Call call{};
  unsigned failures = 0;  ///< tries that connections have cost it

 private:
  const Traits traits_;
};

}  // namespace torq::client
