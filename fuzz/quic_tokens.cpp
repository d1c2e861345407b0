// SPDX-License-Identifier: MIT
// What proves an address, or brings a session back: nothing that a server has not made proves anything, be it a genuine
// token with a single bit changed; and a client may be given whatever a file of keepsakes says.
//
// The input: a byte that says which, then
//   0  bytes as a token of an Initial
//   1  a Retry token, 2  an address token: changes to it, of two bytes of place and one of value each
//   3  length(16) bytes as a ticket, the rest as a token: of a client that connects
#include <ngtcp2/ngtcp2.h>

#include "input.hpp"
#include "require.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/quic/native.hpp"
#include "torq/quic/seeded_entropy_test.hpp"
#include "torq/quic/stateless.hpp"

namespace {

using namespace torq;
using quic::TokenVerdict;

constexpr quic::TokenTime kNow{3'600'000'000'000};

class Subject {
 public:
  TokenVerdict verdict(Bytes token, const quic::Path& from) const {
    return quic::check_token(kNow, initial(destination_, token), from, secrets_).verdict;
  }

  std::vector<std::byte> retry_token() const {
    const quic::Datagram retry = quic::write_retry(kNow, initial(first_, {}), path, destination_, secrets_);
    ngtcp2_pkt_hd header;
    const auto size = ngtcp2_pkt_decode_hd_long(&header, quic::to_native(retry), retry.size());
    constexpr std::ptrdiff_t kIntegrityTag = 16;
    return {retry.begin() + size, retry.end() - kIntegrityTag};
  }
  std::vector<std::byte> address_token() const { return quic::make_address_token(kNow, path.remote, secrets_); }

  const quic::Path path{*parse_socket_address("192.0.2.1:7001"), *parse_socket_address("198.51.100.1:40000")};
  const quic::Path other{path.local, *parse_socket_address("203.0.113.5:40000")};

 private:
  static quic::ConnectionId id(std::size_t size, std::uint8_t fill) {
    return quic::ConnectionId(std::vector<std::byte>(size, std::byte{fill}));
  }
  static ngtcp2_pkt_hd initial(const quic::ConnectionId& destination, Bytes token) {
    ngtcp2_pkt_hd header{};
    header.version = NGTCP2_PROTO_VER_V1;
    header.dcid = quic::to_cid(destination);
    header.scid = quic::to_cid(id(8, 3));
    header.token = quic::to_native(token);
    header.tokenlen = token.size();
    return header;
  }

  quic::SeededEntropy entropy_{1};
  quic::Secrets secrets_ = quic::make_secrets(entropy_);
  quic::ConnectionId first_ = id(16, 1);
  quic::ConnectionId destination_ = id(12, 2);
};

bool proves(TokenVerdict verdict) { return verdict == TokenVerdict::kRetried || verdict == TokenVerdict::kKnown; }

void change_and_check(const Subject& subject, const std::vector<std::byte>& genuine, fuzz::Input& input) {
  require(proves(subject.verdict(genuine, subject.path)));
  require(!proves(subject.verdict(genuine, subject.other)));
  std::vector<std::byte> token = genuine;
  while (!input.empty()) {
    const std::size_t place = input.two_bytes() % (token.size() + 1);
    const auto value = static_cast<std::byte>(input.byte());
    if (place == token.size()) {
      token.push_back(value);
    } else {
      token[place] ^= value;
    }
  }
  // The tail decides what a token is taken for; random bits of its nonce have no other value that would do.
  require(token == genuine || !proves(subject.verdict(token, subject.path)));
}

void connect_with(const quic::Keepsakes& keepsakes) {
  quic::SeededEntropy entropy(2);
  quic::Endpoint client({{}, quic::make_secrets(entropy), {}, std::nullopt, {}}, entropy);
  const auto tls = quic::ClientTls::create(quic::TrustAnyone{});
  const Instant now{std::chrono::hours(1)};
  const quic::Path path{*parse_socket_address("198.51.100.1:40000"), *parse_socket_address("192.0.2.1:7001")};
  const auto handle = client.connect(now, path, *tls, "tracker.example", keepsakes);
  std::vector<std::byte> area(64 * 1024);
  const auto hello = client.next_transmit(now, area);
  require(!hello || hello->segment_size >= 1200);
  client.close(now, handle);
  while (client.next_event()) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Subject subject;
  fuzz::Input input(data, size);
  switch (input.byte() & 3) {
    case 0: {
      const Bytes token = input.take(size);
      require(!proves(subject.verdict(token, subject.path)));
      break;
    }
    case 1:
      change_and_check(subject, subject.retry_token(), input);
      break;
    case 2:
      change_and_check(subject, subject.address_token(), input);
      break;
    default: {
      const Bytes ticket = input.counted(4000);
      const Bytes token = input.take(size);
      connect_with({{ticket.begin(), ticket.end()}, {token.begin(), token.end()}});
    }
  }
  return 0;
}
