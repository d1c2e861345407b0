// SPDX-License-Identifier: MIT
#include "torq/net/tcp_connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace torq::net {
namespace {

using Kind = StreamIo::Kind;

// Bounds on what one connection does before the others have their turn.
constexpr int kReadsPerTurn = 4;
constexpr int kWritesPerTurn = 16;

constexpr std::byte kTlsHandshake{0x16};  // the record type that every TLS connection begins with (RFC 8446 5.1)

StreamIo outcome_of_call(ssize_t result) {
  if (result > 0) return {Kind::kDone, static_cast<std::size_t>(result)};
  if (result == 0) return {Kind::kEnd};
  return {errno == EAGAIN || errno == EINTR ? Kind::kAgain : Kind::kBroken};
}

}  // namespace

TcpConnection::TcpConnection(int fd, TcpSpeech speech, const std::optional<AddressPrefix>& customer,
                             std::unique_ptr<ByteSession> session, Instant now)
    : fd_(fd), speech_(speech), customer_(customer), session_(std::move(session)), since_(now) {}

TcpConnection::~TcpConnection() {
  tls_.reset();
  ::close(fd_);
}

void TcpConnection::advance(Instant now, std::span<std::byte> area, const quic::ServerTls& tls) {
  if (over_) return;
  if (lingering_) return linger(area);
  if (speech_ == TcpSpeech::kEither && !find_speech()) return;
  if (speech_ == TcpSpeech::kTls && !tls_) tls_.emplace(fd_, tls);
  blocked_ = false;
  read(now, area);
  settle(now);
}

// False while the first byte has not come.
bool TcpConnection::find_speech() {
  std::byte first{};
  const StreamIo io = outcome_of_call(::recv(fd_, &first, 1, MSG_PEEK));
  over_ = io.kind == Kind::kEnd || io.kind == Kind::kBroken;
  if (io.kind != Kind::kDone) return false;
  speech_ = first == kTlsHandshake ? TcpSpeech::kTls : TcpSpeech::kPlain;
  return true;
}

void TcpConnection::read(Instant now, std::span<std::byte> area) {
  for (int i = 0; i < kReadsPerTurn && !over_; ++i) {
    write(now);
    if (over_ || ended_ || !session_->wants_bytes()) return;
    const StreamIo io = receive(area);
    if (io.kind == Kind::kBroken) over_ = true;
    if (io.kind == Kind::kEnd) {
      ended_ = true;
      session_->handle_end();
    }
    if (io.kind != Kind::kDone) break;
    session_->handle_bytes(now, area.first(io.size));
    // What did not fill the area has emptied the socket, as a rule, and epoll tells when that was wrong. It cannot tell
    // of what TLS has read ahead.
    if (io.size < area.size() && !(tls_ && tls_->has_buffered())) break;
  }
  if (!over_) write(now);
}

void TcpConnection::write(Instant now) {
  if (tls_ && tls_->awaits_room()) blocked_ = true;
  for (int i = 0; i < kWritesPerTurn && !blocked_; ++i) {
    const Bytes bytes = session_->next_output(now);
    if (bytes.empty()) return;
    const StreamIo io = send(bytes);
    if (io.kind == Kind::kAgain) {
      blocked_ = true;
      return session_->handle_pause();
    }
    if (io.kind != Kind::kDone) {
      over_ = true;
      return;
    }
    since_ = now;
    served_ = true;
    session_->handle_sent(now, io.size);
  }
  blocked_ = true;  // the socket has room still: it is reported at once, after the others' turn
}

void TcpConnection::settle(Instant now) {
  if (over_) return;
  const Phase phase = session_->phase();
  const bool owes_first_request = phase == Phase::kIdle && !served_;
  if (phase != phase_ && !owes_first_request) {
    phase_ = phase;
    since_ = now;
  }
  if (phase == Phase::kFailed || (ended_ && phase != Phase::kSending)) over_ = true;
  if (phase != Phase::kOver && phase != Phase::kRefused) return;
  if (tls_) tls_->say_goodbye();
  // Closing a socket with unread bytes in it resets the connection, and the peer may lose the answer by that.
  lingering_ = phase == Phase::kRefused && !ended_;
  over_ = !lingering_;
  if (lingering_) ::shutdown(fd_, SHUT_WR);
}

void TcpConnection::linger(std::span<std::byte> area) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const StreamIo io = outcome_of_call(::recv(fd_, area.data(), area.size(), 0));
    if (io.kind == Kind::kAgain) return;
    if (io.kind == Kind::kDone) continue;
    over_ = true;
    return;
  }
}

void TcpConnection::check_time(Instant now, const TcpLimits& limits, TcpCounts& counts) {
  const Duration waited = now - since_;
  if (lingering_) {
    if (waited >= limits.lingering) over_ = true;
    return;
  }
  if (phase_ == Phase::kIdle && waited >= limits.idle) over_ = true;
  if (phase_ == Phase::kSending && waited >= limits.stalled) {
    ++counts.stalled;
    over_ = true;
  }
  if (phase_ == Phase::kReceiving && waited >= limits.request) {
    ++counts.overdue;
    session_->handle_overdue(now);
    blocked_ = false;
    write(now);
    settle(now);
    // TLS that is not established has no way to say it.
    if (!lingering_) over_ = true;
  }
}

StreamIo TcpConnection::receive(std::span<std::byte> area) {
  if (tls_) return tls_->read(area);
  return outcome_of_call(::recv(fd_, area.data(), area.size(), 0));
}

StreamIo TcpConnection::send(Bytes bytes) {
  if (tls_) return tls_->write(bytes);
  return outcome_of_call(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

}  // namespace torq::net
