// SPDX-License-Identifier: MIT
#pragma once
// Trust on first use: the key that a server shows the first time is written down, and from then on it is the only one
// that this client believes. What it protects from: whoever gets between the two later. What not: whoever stood there
// the first time. Nothing is asked of a server before its key is written down.

#include <functional>

#include "torq/client/client.hpp"
#include "torq/client/known_servers.hpp"

namespace torq::client {

/// By which key a known server is known; nothing when it is not. Blocks on the file only.
Result<std::optional<Trust>, Error> known_trust(const KnownServers& known, std::string_view host, std::uint16_t port);

/// Tells the pin of a server's key, once.
using Identify = std::function<void(Done<std::string>)>;

/// The same, but a server that is not known yet is asked for its key. `done` is called once, where `identify` calls or
/// before this returns; `known` must live until then.
void trust_on_first_use(const Identify& identify, const KnownServers& known, std::string host, std::uint16_t port,
                        Done<Trust> done);
/// The same, but a server that is not known yet is dialled for its key. `done` is called once, on the client's thread
/// or before this returns; `known` and `client` must live until then.
void trust_on_first_use(Client& client, const KnownServers& known, std::string host, std::uint16_t port,
                        Done<Trust> done);
/// The same, waiting.
Result<Trust, Error> trust_on_first_use(Client& client, const KnownServers& known, std::string host,
                                        std::uint16_t port);

}  // namespace torq::client
