// SPDX-License-Identifier: MIT
#include "torq/client/pool.hpp"

#include <algorithm>
#include <utility>

#include "torq/base/hex.hpp"
#include "torq/files/sha256.hpp"
#include "torq/net/clock.hpp"

namespace torq::client {
namespace {

quic::EndpointOptions endpoint_options(const Options& options, Entropy& entropy) {
  quic::EndpointOptions endpoint;
  endpoint.secrets = quic::make_secrets(entropy);
  endpoint.limits.handshake_timeout = options.connect_timeout;  // the dials end sooner
  endpoint.limits.idle_timeout = options.idle_timeout;
  endpoint.limits.streams = 0;  // servers open none
  endpoint.limits.stream_window = 4 * 1024 * 1024;
  endpoint.limits.connection_window = 16 * 1024 * 1024;
  return endpoint;
}

// A family that is switched off on this machine is left out.
std::vector<net::UdpSocket> open_sockets() {
  std::vector<net::UdpSocket> sockets;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    if (auto socket = net::UdpSocket::open_for_client(family)) sockets.push_back(std::move(*socket));
  }
  return sockets;
}

// Of a ticket's or token's owner: what was got under one trust setting says nothing under another.
std::string session_key(const Server& server) {
  files::Sha256 hash;
  const std::string words = server.host + '\0' + std::to_string(server.port) + '\0' + server.trust.identity();
  hash.update(as_bytes(words));
  return to_hex(hash.digest());
}

}  // namespace

Pool::Pool(boost::asio::io_context& loop, const Options& options, wire::AnswerParser& parser,
           std::unique_ptr<Resolver> resolver)
    : loop_(loop),
      options_(options),
      parser_(parser),
      resolver_(std::move(resolver)),
      random_(net::draw_seed(entropy_)),
      driver_(loop, endpoint_options(options, entropy_), entropy_, open_sockets(), *this),
      sessions_(options.sessions ? options.sessions : sessions_in_memory()) {
  driver_.start();
}

void Pool::submit(const Server& server, std::unique_ptr<Exchange> exchange) {
  link_to(server).submit(net::monotonic_now(), std::move(exchange));
  flush();
}

void Pool::cancel(Call call) {
  for (const auto& link : links_) {
    if (link->cancel(call)) break;
  }
  flush();
}

void Pool::shut_down() {
  for (const auto& link : links_) link->shut_down({ErrorKind::kCancelled, "", "the client was shut down", "", ""});
  flush();
}

void Pool::handle_event(Instant now, quic::Endpoint&, const quic::Event& event) {
  const auto owner = owners_.find(event.connection);
  if (owner == owners_.end()) return;
  Link& link = *owner->second;
  remember(event, link.server());
  if (std::holds_alternative<quic::Closed>(event.what)) owners_.erase(owner);
  link.handle_event(now, event);
}

void Pool::handle_refusal(Instant, const SocketAddress& remote) {
  for (const auto& link : links_) link->handle_refusal(remote);
}

void Pool::remember(const quic::Event& event, const Server& server) {
  if (const auto* ticket = std::get_if<quic::NewTicket>(&event.what)) {
    sessions_->save(session_key(server), Keepsake::kTicket, ticket->ticket);
  } else if (const auto* token = std::get_if<quic::NewToken>(&event.what)) {
    sessions_->save(session_key(server), Keepsake::kToken, token->token);
  } else if (std::holds_alternative<quic::Connected>(event.what)) {
    ++connected_;
    if (find(event.connection)->resumed()) ++resumed_;
  }
}

quic::Keepsakes Pool::recall(const Server& server) {
  const std::string key = session_key(server);
  return {sessions_->take(key, Keepsake::kTicket), sessions_->take(key, Keepsake::kToken)};
}

quic::ConnectionHandle Pool::connect(const SocketAddress& address, const Server& server,
                                     const quic::Keepsakes& keepsakes, Link& owner) {
  const quic::Path path{driver_.local_for(address.ip.family()).value(), address};
  const auto handle =
      driver_.endpoint().connect(net::monotonic_now(), path, server.trust.tls(), server.host, keepsakes);
  owners_.emplace(handle, &owner);
  owner.adopt_connection();
  return handle;
}

void Pool::close(quic::ConnectionHandle handle) { driver_.endpoint().close(net::monotonic_now(), handle); }

// Links that have nothing to do any more go when the next is looked for: none is in the middle of a call then.
Link& Pool::link_to(const Server& server) {
  std::erase_if(links_, [&](const auto& link) { return link->idle() && link->server() != server; });
  const auto found = std::ranges::find_if(links_, [&](const auto& link) { return link->server() == server; });
  if (found != links_.end()) return **found;
  LinkHost& host = *this;
  return *links_.emplace_back(std::make_unique<Link>(host, server));
}

}  // namespace torq::client
