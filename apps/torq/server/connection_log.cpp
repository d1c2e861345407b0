// SPDX-License-Identifier: MIT
#include "apps/torq/server/connection_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "torq/quic/counts.hpp"

namespace torq::app {
namespace {

constexpr std::string_view kEnded = "ended";  // as it should

// What ends a connection otherwise than its parties wish. A peer that falls silent is none: most clients just leave.
std::optional<std::string_view> failure_name(const quic::CloseReason& reason) {
  switch (reason.kind) {
    case quic::CloseKind::kHandshakeTimeout:
      return "handshake_timeout";
    case quic::CloseKind::kProtocolViolation:
      return reason.code == quic::kNoApplicationProtocol ? "no_application_protocol" : "protocol_violation";
    case quic::CloseKind::kPeerTransport:
      if (reason.code == quic::kNoError) return std::nullopt;
      return "refused_by_peer";
    case quic::CloseKind::kOverLimit:
      return "over_limit";
    default:
      return std::nullopt;
  }
}

}  // namespace

void add(std::vector<Tally>& tallies, std::string_view name, std::uint64_t count) {
  const auto found = std::ranges::find(tallies, name, &Tally::name);
  if (found == tallies.end()) {
    tallies.push_back({name, count});
  } else {
    found->count += count;
  }
}

void ConnectionLog::handle_event(Instant now, quic::Endpoint& endpoint, const quic::Event& event) {
  if (const auto* closed = std::get_if<quic::Closed>(&event.what)) {
    const quic::Connection* connection = endpoint.find(event.connection);
    if (connection != nullptr) note_end(now, connection->peer(), closed->reason);
  } else if (const auto* refused = std::get_if<quic::Refused>(&event.what)) {
    const std::string_view reason = quic::name_of(refused->reason);
    if (!limit_.admit(now, reason)) return;
    log_.write(LogLevel::kInfo, "connection refused",
               {{"reason", std::string(reason)}, {"from", to_string(refused->from)}});
    return;
  }
  door_.handle_event(now, endpoint, event);
}

void ConnectionLog::note_end(Instant now, const SocketAddress& peer, const quic::CloseReason& reason) {
  const auto failure = failure_name(reason);
  if (!failure) {
    if (limit_.admit(now, kEnded)) log_.write(LogLevel::kDebug, "connection ended", {{"from", to_string(peer)}});
    return;
  }
  add(failures_, *failure, 1);
  if (!limit_.admit(now, *failure)) return;
  log_.write(
      LogLevel::kInfo, "connection failed",
      {{"reason", std::string(*failure)}, {"from", to_string(peer)}, {"code", reason.code}, {"detail", reason.text}});
}

void ConnectionLog::beat(Instant now) {
  for (const auto& [reason, times] : limit_.take_unsaid(now)) {
    const bool failed = reason != kEnded;
    log_.write(failed ? LogLevel::kInfo : LogLevel::kDebug, fmt::format("and {} more", times),
               {{"reason", std::string(reason)}, {"more", times}});
  }
}

}  // namespace torq::app
