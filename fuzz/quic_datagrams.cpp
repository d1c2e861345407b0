// SPDX-License-Identifier: MIT
// Datagrams from anywhere, at any time, into a server's endpoint with fixed keys. Whatever comes, it does not crash,
// sends no more than three times what came from an address that proved nothing (RFC 9000 8.1), plans nothing that is
// never done, and in the end forgets every connection.
//
// The input is a row of steps, each of which begins with a byte: the low three bits say what is done, the next two from
// which of four addresses it comes.
//   0  raw datagram             length(16, little endian) bytes…
//   1  raw datagram whose destination ID is replaced by the one the server chose last       as 0
//   2  time passes              units of 20 ms (8)
//   3  an Initial, protected    the first byte of its destination ID (8), length(16) frames…
//   4  the same, to the ID and with the token of the last Retry                             length(16) frames…
//   5  the server refuses newcomers
//   6  the server closes all connections
//   7  nothing
#include <algorithm>
#include <array>

#include "initial_packet.hpp"
#include "input.hpp"
#include "require.hpp"
#include "torq/quic/certificate.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/quic/invariants.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace {

using namespace std::chrono_literals;
using namespace torq;

constexpr std::size_t kLargestDatagram = 2000;
constexpr int kMostSteps = 200;

quic::ServerTls make_tls() {
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, terms);
  return *quic::ServerTls::create(pair->cert_pem, pair->key_pem);
}

quic::EndpointOptions make_options(Entropy& entropy) {
  static const quic::ServerTls tls = make_tls();
  quic::Limits limits;
  limits.half_open = 3;
  limits.connections = 6;
  limits.closing = 4;
  return {limits, quic::make_secrets(entropy), {}, tls, {}};
}

class Server {
 public:
  Server() : endpoint_(make_options(entropy_), entropy_) {}

  void receive(std::size_t from, Bytes datagram) {
    received_[from] += datagram.size();
    endpoint_.handle_datagram(now_, path(from), quic::Ecn::kNone, datagram);
    drain();
  }

  /// That address has proved itself with a token: it may be sent anything.
  void trust(std::size_t from) { received_[from] += std::size_t{1} << 40; }

  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (int round = 0; round < 10'000; ++round) {
      const auto next = endpoint_.next_timeout();
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      endpoint_.handle_timeout(now_);
      drain();
      require(round < 9'999);
    }
    now_ = end;
  }

  void refuse() { endpoint_.refuse_newcomers(); }

  void close_all() {
    for (const auto handle : endpoint_.connections()) endpoint_.close(now_, handle);
    drain();
  }

  void require_nothing_left() {
    pass(10min);
    require(endpoint_.connection_count() == 0);
    require(!endpoint_.next_timeout());
  }

  Bytes last_id() const { return last_id_; }
  Bytes last_retry_id() const { return last_retry_id_; }
  Bytes last_token() const { return last_token_; }

 private:
  static quic::Path path(std::size_t from) {
    static const std::array<SocketAddress, 4> clients = {
        *parse_socket_address("198.51.100.1:40000"), *parse_socket_address("198.51.100.1:40001"),
        *parse_socket_address("203.0.113.5:40000"), *parse_socket_address("[2001:db8::1]:40000")};
    return {*parse_socket_address("192.0.2.1:7001"), clients[from]};
  }

  void drain() {
    for (bool more = true; more;) {
      more = false;
      while (const auto event = endpoint_.next_event()) {
        require(std::holds_alternative<quic::Refused>(event->what) || endpoint_.find(event->connection) != nullptr);
      }
      while (const auto run = endpoint_.next_transmit(now_, area_)) {
        more = true;
        note(*run);
      }
    }
  }

  void note(const quic::Transmit& run) {
    std::size_t from = 0;
    while (path(from) != run.path) require(++from < 4);
    sent_[from] += run.size;
    require(sent_[from] <= 3 * received_[from]);
    const Bytes datagram = Bytes(area_).first(run.segment_size);
    const auto header = quic::parse_invariants(datagram, 0);
    if (!header || !header->is_long || header->version != 1) return;
    last_id_.assign(header->source.begin(), header->source.end());
    constexpr std::byte kRetry{0xf0};
    constexpr std::size_t kIntegrityTag = 16;
    if ((datagram[0] & kRetry) != kRetry) return;
    const std::size_t token_at = 7 + header->destination.size() + header->source.size();
    last_retry_id_ = last_id_;
    last_token_.assign(datagram.begin() + static_cast<std::ptrdiff_t>(token_at), datagram.end() - kIntegrityTag);
  }

  quic::SeededEntropy entropy_{1};
  quic::Endpoint endpoint_;
  Instant now_{1h};
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
  std::array<std::size_t, 4> received_{};
  std::array<std::size_t, 4> sent_{};
  std::vector<std::byte> last_id_;
  std::vector<std::byte> last_retry_id_;
  std::vector<std::byte> last_token_;
};

// The destination ID, if the datagram has the room for one of that length.
std::vector<std::byte> readdress(Bytes datagram, Bytes id) {
  std::vector<std::byte> copy(datagram.begin(), datagram.end());
  if (copy.empty()) return copy;
  const bool is_long = (copy[0] & std::byte{0x80}) != std::byte{0};
  const std::size_t at = is_long ? 6 : 1;
  if (copy.size() < at + id.size()) return copy;
  if (is_long) copy[5] = static_cast<std::byte>(id.size());
  std::ranges::copy(id, copy.begin() + static_cast<std::ptrdiff_t>(at));
  return copy;
}

void take_step(Server& server, fuzz::Input& input, std::uint32_t number) {
  const std::uint8_t what = input.byte();
  const std::size_t from = what >> 3 & 3;
  constexpr std::array<std::byte, 8> source{std::byte{5}};
  std::array<std::byte, 8> destination{};
  switch (what & 7) {
    case 0:
      return server.receive(from, input.counted(kLargestDatagram));
    case 1:
      return server.receive(from, readdress(input.counted(kLargestDatagram), server.last_id()));
    case 2:
      return server.pass(input.byte() * 20ms);
    case 3:
      destination[0] = static_cast<std::byte>(input.byte());
      return server.receive(from,
                            fuzz::make_initial({destination, source, {}, number, input.counted(kLargestDatagram)}));
    case 4:
      if (!server.last_token().empty()) server.trust(from);
      return server.receive(from, fuzz::make_initial({server.last_retry_id(), source, server.last_token(), number,
                                                      input.counted(kLargestDatagram)}));
    case 5:
      return server.refuse();
    case 6:
      return server.close_all();
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Server server;
  for (int step = 0; step < kMostSteps && !input.empty(); ++step) {
    take_step(server, input, static_cast<std::uint32_t>(step));
  }
  server.require_nothing_left();
  return 0;
}
