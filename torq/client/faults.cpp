// SPDX-License-Identifier: MIT
#include "torq/client/faults.hpp"

#include <utility>

namespace torq::client {
namespace {

constexpr std::uint64_t kConnectionRefused = 0x02;  // RFC 9000 20.1
constexpr std::uint64_t kFirstTlsAlert = 0x100;
constexpr std::uint64_t kLastTlsAlert = 0x1ff;
constexpr std::uint64_t kHttp3NoError = 0x100;  // RFC 9114 8.1: what stacks with HTTP/3 in mind close with

constexpr const char* kCheckReach = "check that the server runs, its port, and that UDP passes the firewalls";
constexpr const char* kCheckServer = "check that the address is a torq server's or that of a program with its protocol";
constexpr const char* kLater = "try again later";

std::string advice_for(const std::optional<wire::ErrorCode>& code) {
  if (!code) return "";
  switch (*code) {
    case wire::ErrorCode::kFileNotFound:
      return "names are compared byte for byte, with their folders";
    case wire::ErrorCode::kFileTooLarge:
      return "the server sends files of this size only to clients that take raw bytes";
    case wire::ErrorCode::kRateLimited:
      return "wait before the next request";
    case wire::ErrorCode::kUnauthorized:
    case wire::ErrorCode::kNotAllowed:
      return "who may ask for this is up to the server's operator";
    case wire::ErrorCode::kFileReadError:
    case wire::ErrorCode::kSerializationError:
    case wire::ErrorCode::kInternalError:
      return "the fault is the server's: its log says more";
    default:
      return "";
  }
}

Error refused(const wire::Refusal& refusal) {
  const std::string code = refusal.code.empty() ? "error" : tame(refusal.code, 64);
  return {ErrorKind::kRefused, code, tame(refusal.text), advice_for(refusal.known()), ""};
}

Error trust_refused(const quic::CloseReason& reason) {
  const std::string advice =
      reason.peer_pin.empty()
          ? ""
          : "if you know that this is the right server, trust its key with --pin " + reason.peer_pin;
  return {ErrorKind::kTrust, "", "the server's certificate was refused: " + reason.text, advice, reason.peer_pin};
}

Error key_changed(const Trust& trust, const std::string& seen) {
  const std::string shown = seen.empty() ? "none that can be read" : seen;
  return {ErrorKind::kTrust, "",
          "THE SERVER'S KEY HAS CHANGED: it shows " + shown + ", but known is " + trust.recorded_pin() + " (" +
              trust.where() + ")",
          "someone may be between you and the server. Only if its operator says that the new key is right: remove that "
          "line, and use --trust-new",
          seen};
}

Error incompatible(std::string message) { return {ErrorKind::kIncompatible, "", std::move(message), kCheckServer, ""}; }

bool is_refusal(const quic::CloseReason& reason) {
  return reason.kind == quic::CloseKind::kPeerTransport && reason.code == kConnectionRefused;
}

bool is_tls_alert(const quic::CloseReason& reason) {
  return reason.kind == quic::CloseKind::kPeerTransport && reason.code >= kFirstTlsAlert &&
         reason.code <= kLastTlsAlert;
}

bool is_without_fault(const quic::CloseReason& reason) {
  return reason.code == quic::kNoError ||
         (reason.kind == quic::CloseKind::kPeerApplication && reason.code == kHttp3NoError);
}

std::string words_of(const quic::CloseReason& reason) {
  const std::string text = reason.text.empty() ? "" : " (" + tame(reason.text) + ")";
  return "code " + std::to_string(reason.code) + text;
}

std::string describe_peers_close(const quic::CloseReason& reason) {
  if (!is_tls_alert(reason)) return "the server closed the connection with " + words_of(reason);
  if (reason.code == quic::kNoApplicationProtocol) return "the server does not offer this protocol (ALPN h3)";
  return "the server ended the handshake with TLS alert " + std::to_string(reason.code - kFirstTlsAlert);
}

}  // namespace

Error to_error(const wire::AnswerError& error) {
  if (const auto* refusal = std::get_if<wire::Refusal>(&error)) return refused(*refusal);
  return faulty(tame(std::get<wire::MalformedAnswer>(error).text));
}

ConnectionFault fault_of_dial(const quic::CloseReason& reason) {
  if (is_refusal(reason)) {
    return {{ErrorKind::kUnreachable, "", "the server takes no new connections", kLater, ""}, true};
  }
  switch (reason.kind) {
    case quic::CloseKind::kCertificateRefused:
      return {trust_refused(reason), false};
    case quic::CloseKind::kTicketRefused:  // a ticket is used once: the next try is shown the certificate
      return {trust_refused(reason), true};
    case quic::CloseKind::kVersionRefused:
      return {incompatible("the server does not speak QUIC version 1"), false};
    case quic::CloseKind::kPeerTransport:
    case quic::CloseKind::kPeerApplication:
      return {incompatible(describe_peers_close(reason)), is_without_fault(reason)};
    case quic::CloseKind::kProtocolViolation:
    case quic::CloseKind::kOverLimit:
      return {incompatible("the handshake failed: " + reason.text), false};
    case quic::CloseKind::kLocal:
    case quic::CloseKind::kIdle:
    case quic::CloseKind::kHandshakeTimeout:
    case quic::CloseKind::kStatelessReset:
      return {{ErrorKind::kUnreachable, "", "no answer over UDP", kCheckReach, ""}, true};
  }
  return {};
}

ConnectionFault fault_of_dial(const quic::CloseReason& reason, const Server& server) {
  const bool is_known = !server.trust.where().empty();
  if (reason.kind != quic::CloseKind::kCertificateRefused || !is_known) return fault_of_dial(reason);
  return {key_changed(server.trust, reason.peer_pin), false};
}

ConnectionFault port_closed() {
  return {
      {ErrorKind::kUnreachable, "", "nothing listens on this UDP port", "check that the server runs, and its port", ""},
      true};
}

ConnectionFault fault_of_loss(const quic::CloseReason& reason) {
  const auto lost = [](std::string message) { return Error{ErrorKind::kLost, "", std::move(message), kLater, ""}; };
  switch (reason.kind) {
    case quic::CloseKind::kIdle:
      return {lost("nothing more was heard from the server"), true};
    case quic::CloseKind::kStatelessReset:
      return {lost("the server has forgotten the connection"), true};
    case quic::CloseKind::kPeerTransport:
    case quic::CloseKind::kPeerApplication:
      return {lost(describe_peers_close(reason)), is_without_fault(reason) || is_refusal(reason)};
    default:
      return {incompatible("the server broke the QUIC protocol: " + reason.text), false};
  }
}

Error cancelled() { return {ErrorKind::kCancelled, "", "cancelled", "", ""}; }

Error faulty(std::string message) {
  return {ErrorKind::kFaulty, "", "the answer is wrong: " + std::move(message), "", ""};
}

}  // namespace torq::client
