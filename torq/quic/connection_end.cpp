// SPDX-License-Identifier: MIT
// How a connection ends (RFC 9000 10): what is told to the peer, and what the application hears.
#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <array>

#include "torq/quic/connection.hpp"
#include "torq/quic/native.hpp"

namespace torq::quic {
namespace {

// A peer's words end up in logs and on terminals.
std::string printable(const std::uint8_t* text, std::size_t size) {
  std::string safe(reinterpret_cast<const char*>(text), size);
  std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  return safe;
}

}  // namespace

// The end ------------------------------------------------------------------------------------------------------------

void Connection::close(Instant now, CloseReason reason) {
  if (close_reason_) return;
  ngtcp2_ccerr error;
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_transport_error(&error, reason.code, nullptr, 0);
  close_with(now, error, std::move(reason));
}

void Connection::abort(Instant now, std::uint64_t code, std::string text) {
  if (close_reason_) return;
  ngtcp2_ccerr error;
  ngtcp2_ccerr_default(&error);
  ngtcp2_ccerr_set_application_error(&error, code, nullptr, 0);
  close_with(now, error, {CloseKind::kProtocolViolation, code, std::move(text), ""});
}

void Connection::fail(Instant now, int library_error) {
  if (close_reason_ || library_error == NGTCP2_ERR_CLOSING) return;
  if (library_error == NGTCP2_ERR_IDLE_CLOSE) {
    close_reason_ = CloseReason{CloseKind::kIdle, 0, "nothing was heard from the peer for the idle time-out", ""};
    return;
  }
  if (library_error == NGTCP2_ERR_RECV_VERSION_NEGOTIATION || version_refused_) {
    close_reason_ = CloseReason{CloseKind::kVersionRefused, 0, "the server does not speak QUIC version 1", ""};
    return;
  }
  ngtcp2_ccerr error;
  ngtcp2_ccerr_default(&error);
  CloseReason reason{CloseKind::kProtocolViolation, 0, ngtcp2_strerror(library_error), ""};
  // GnuTLS raises an alert for whatever its callbacks refuse; where ngtcp2 knows better (RFC 9001 8.2), it says so.
  const bool by_tls = library_error == NGTCP2_ERR_CRYPTO || library_error == NGTCP2_ERR_CALLBACK_FAILURE;
  const std::uint8_t alert = by_tls ? ngtcp2_conn_get_tls_alert(conn_) : std::uint8_t{0};
  if (library_error == NGTCP2_ERR_HANDSHAKE_TIMEOUT) {
    ngtcp2_ccerr_set_transport_error(&error, NGTCP2_CONNECTION_REFUSED, nullptr, 0);
    reason = {CloseKind::kHandshakeTimeout, 0, "the handshake did not end in time", ""};
  } else if (alert != 0) {
    ngtcp2_ccerr_set_tls_alert(&error, alert, nullptr, 0);
    if (alert == kNoApplicationProtocol - 0x100) reason.text = "no common application protocol (ALPN)";
  } else {
    ngtcp2_ccerr_set_liberr(&error, library_error, nullptr, 0);
  }
  if (tls_ && tls_->refusal()) {
    const CertificateRefusal& refusal = *tls_->refusal();
    const CloseKind kind = tls_->resumed() ? CloseKind::kTicketRefused : CloseKind::kCertificateRefused;
    reason = {kind, 0, refusal.text, refusal.pin};
  }
  reason.code = error.error_code;
  close_with(now, error, std::move(reason));
}

void Connection::close_with(Instant now, const ngtcp2_ccerr& error, CloseReason reason) {
  std::array<std::uint8_t, kLargestPayload> buffer;
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  const ngtcp2_ssize size = ngtcp2_conn_write_connection_close(conn_, &path.path, &info, buffer.data(), buffer.size(),
                                                               &error, to_timestamp(now));
  if (size > 0) {
    const Bytes packet = std::as_bytes(std::span(buffer).first(static_cast<std::size_t>(size)));
    closing_packet_.assign(packet.begin(), packet.end());
  }
  close_reason_ = std::move(reason);
}

CloseReason Connection::peers_reason() const {
  if (stateless_reset_)
    return {CloseKind::kStatelessReset, 0, "the peer has forgotten the connection (stateless reset)", ""};
  const ngtcp2_ccerr* error = ngtcp2_conn_get_ccerr(conn_);
  const bool application = error->type == NGTCP2_CCERR_TYPE_APPLICATION;
  return {application ? CloseKind::kPeerApplication : CloseKind::kPeerTransport, error->error_code,
          printable(error->reason, error->reasonlen), ""};
}

}  // namespace torq::quic
