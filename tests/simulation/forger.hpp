// SPDX-License-Identifier: MIT
#pragma once
// A client that keeps to QUIC until the handshake is over, and then sends whatever frames it is told to, encrypted as
// they must be: what no client library can be made to send. It talks to a server endpoint without a link between them.

#include <ngtcp2/ngtcp2.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "torq/quic/endpoint.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::simulation {

using Frames = std::vector<std::byte>;

/// Bytes of a variable-length integer (RFC 9000 16).
Frames varint(std::uint64_t value);
/// Type, integers and bytes, one after the other.
Frames frame(std::initializer_list<std::uint64_t> integers, const Frames& bytes = {});
Frames operator+(Frames a, const Frames& b);

class Forger {
 public:
  /// Connects at once; the server's options must have a certificate.
  explicit Forger(quic::EndpointOptions server);
  ~Forger();
  Forger(const Forger&) = delete;
  Forger& operator=(const Forger&) = delete;

  /// One packet with these frames, of at most kRoom bytes; false when the congestion controller forbids it now.
  bool send(const Frames& frames);
  /// One after the other, letting time pass as it must; false when the connection ends before the last.
  bool send_all(std::size_t count, const std::function<Frames(std::size_t)>& make);
  void run_for(Duration duration);

  static constexpr std::size_t kRoom = 1000;

  quic::Endpoint& server() { return server_; }
  bool established() const { return established_; }
  /// Why the server ended it, if it did.
  const std::optional<quic::CloseReason>& end() const { return end_; }
  /// Bytes that the server has sent since the handshake.
  std::size_t bytes_from_server() const { return from_server_; }

 private:
  static int encrypt(std::uint8_t* dest, const ngtcp2_crypto_aead* aead, const ngtcp2_crypto_aead_ctx* context,
                     const std::uint8_t* plaintext, std::size_t size, const std::uint8_t* nonce, std::size_t nonce_size,
                     const std::uint8_t* aad, std::size_t aad_size);
  static ngtcp2_callbacks callbacks();
  void connect();
  std::size_t write(std::int64_t stream, std::size_t size);
  void hand_over(std::size_t size);
  void step();
  void serve();

  Instant now_{std::chrono::hours(1)};
  quic::SeededEntropy entropy_{42};
  quic::Path path_;
  quic::Path reverse_;
  quic::Endpoint server_;
  quic::ClientTls credentials_;
  ngtcp2_conn* conn_ = nullptr;
  std::optional<quic::TlsSession> tls_;
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
  std::int64_t stream_ = -1;  // whose data give way to the frames
  bool established_ = false;
  std::size_t from_server_ = 0;
  std::optional<quic::CloseReason> end_;
};

}  // namespace torq::simulation
