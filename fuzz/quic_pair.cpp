// SPDX-License-Identifier: MIT
// A client and a server with a hostile network between them that can do what no real one can: packets are not encrypted
// (the linker puts the three functions below in the place of ngtcp2's, in this program alone), so that a changed byte
// is a changed frame. Whatever happens, neither crashes, plans what is never done, or keeps a byte of a connection that
// is over.
//
// Keys and signatures of the handshake are GnuTLS's, hence other bytes in each run; but where they stand does not
// change.
//
// The input: a byte of whether the handshake is left alone, then steps, each of which begins with a byte: the low three
// bits say what is done, the next one by which side (0: the client), the last four how.
//   0  the next datagram arrives                  1  the next datagram is lost
//   2  it arrives changed        place (16, little endian), value to be xored (8)
//   3  other frames arrive in it, or in its name  length(16) frames…
//   4  time passes               units of 10 ms (8)
//   5  the application: how 0 the client opens a stream, 1 and asks, 2 and asks and ends it, 3 resets its last one,
//      4 wants no answer to it, 5 the side closes, 6 changes keys
//   6  the next datagram arrives twice            7  the next two change places
#include <ngtcp2/ngtcp2_crypto.h>

#include <array>
#include <cstring>
#include <deque>

#include "input.hpp"
#include "require.hpp"
#include "torq/quic/certificate.hpp"
#include "torq/quic/connection_id.hpp"
#include "torq/quic/endpoint.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

// GnuTLS's AEADs of TLS 1.3 all have a tag of 16 bytes.
constexpr std::size_t kTag = 16;

extern "C" int __wrap_ngtcp2_crypto_encrypt_cb(std::uint8_t* dest, const ngtcp2_crypto_aead*,
                                               const ngtcp2_crypto_aead_ctx*, const std::uint8_t* plaintext,
                                               std::size_t size, const std::uint8_t*, std::size_t, const std::uint8_t*,
                                               std::size_t) {
  if (size > 0 && dest != plaintext) std::memmove(dest, plaintext, size);
  std::memset(dest + size, 0, kTag);
  return 0;
}

extern "C" int __wrap_ngtcp2_crypto_decrypt_cb(std::uint8_t* dest, const ngtcp2_crypto_aead*,
                                               const ngtcp2_crypto_aead_ctx*, const std::uint8_t* ciphertext,
                                               std::size_t size, const std::uint8_t*, std::size_t, const std::uint8_t*,
                                               std::size_t) {
  if (size < kTag) return NGTCP2_ERR_DECRYPT;
  if (size > kTag) std::memmove(dest, ciphertext, size - kTag);
  return 0;
}

extern "C" int __wrap_ngtcp2_crypto_hp_mask_cb(std::uint8_t* dest, const ngtcp2_crypto_cipher*,
                                               const ngtcp2_crypto_cipher_ctx*, const std::uint8_t*) {
  std::memset(dest, 0, NGTCP2_HP_MASKLEN);
  return 0;
}

namespace {

using namespace std::chrono_literals;
using namespace torq;
using Datagram = std::vector<std::byte>;

constexpr int kMostSteps = 200;
constexpr std::size_t kMostOnTheWay = 200;  // datagrams; a real network loses, too
constexpr std::size_t kQuestion = 3000;
constexpr std::size_t kMostAnswered = 30'000;

quic::ServerTls make_tls() {
  quic::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = quic::make_self_signed(quic::KeyKind::kEd25519, terms);
  return *quic::ServerTls::create(pair->cert_pem, pair->key_pem);
}

quic::EndpointOptions options_of(Entropy& entropy, bool is_server) {
  static const quic::ServerTls tls = make_tls();
  quic::EndpointOptions options;
  options.limits.retry = quic::RetryPolicy::kNever;  // whose integrity tag is not forged
  options.limits.streams = 8;
  options.secrets = quic::make_secrets(entropy);
  if (is_server) options.server = tls;
  return options;
}

class Side {
 public:
  explicit Side(bool is_server)
      : entropy_(is_server ? 1 : 2), endpoint(options_of(entropy_, is_server), entropy_), is_server_(is_server) {}

  void arrive(Instant now, const Datagram& datagram) {
    endpoint.handle_datagram(now, path(), quic::Ecn::kNone, datagram);
  }

  quic::Path path() const {
    static const SocketAddress server = *parse_socket_address("192.0.2.1:7001");
    static const SocketAddress client = *parse_socket_address("198.51.100.1:40000");
    return is_server_ ? quic::Path{server, client} : quic::Path{client, server};
  }

  /// Does what is to be done, and puts what it sends on the way.
  void act(Instant now) {
    for (bool more = true; more;) {
      more = false;
      while (const auto event = endpoint.next_event()) react(*event);
      while (const auto run = endpoint.next_transmit(now, area_)) {
        more = true;
        require(run->size > 0 && run->segment_size > 0);
        for (Bytes rest = Bytes(area_).first(run->size); !rest.empty();) {
          const Bytes datagram = rest.first(std::min(run->segment_size, rest.size()));
          if (sent.size() < kMostOnTheWay) sent.emplace_back(datagram.begin(), datagram.end());
          rest = rest.subspan(datagram.size());
        }
      }
    }
    require(endpoint.memory_used() < std::size_t{64} << 20);
  }

 private:
  quic::SeededEntropy entropy_;

 public:
  quic::Endpoint endpoint;
  std::deque<Datagram> sent;
  std::optional<quic::ConnectionHandle> connection;
  bool connected = false;

 private:
  void react(const quic::Event& event) {
    if (std::holds_alternative<quic::Refused>(event.what)) return;
    quic::Connection* peer = endpoint.find(event.connection);
    require(peer != nullptr);
    connection = event.connection;
    if (std::holds_alternative<quic::Connected>(event.what)) connected = true;
    if (std::holds_alternative<quic::Closed>(event.what)) connection.reset();
    if (const auto* readable = std::get_if<quic::StreamReadable>(&event.what)) read(*peer, readable->stream);
    if (const auto* writable = std::get_if<quic::StreamWritable>(&event.what)) peer->finish(writable->stream);
  }

  // The server answers ten bytes for each.
  void read(quic::Connection& peer, quic::StreamId stream) {
    const auto incoming = peer.peek(stream);
    const std::size_t size = incoming.bytes.size();
    const bool last = incoming.last;
    peer.consume(stream, size);
    if (!is_server_ || !quic::is_bidirectional(stream)) return;
    const std::vector<std::byte> answer(std::min(10 * size, kMostAnswered));
    const bool taken = peer.write(stream, answer) == answer.size();
    if (last && taken) peer.finish(stream);
  }

  bool is_server_;
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
};

class World {
 public:
  World() {
    static const quic::ClientTls tls = *quic::ClientTls::create(quic::TrustAnyone{});
    client_.connection = client_.endpoint.connect(now_, client_.path(), tls, "tracker.example");
    act();
  }

  /// In peace; keys are made afresh, so the number of datagrams may differ.
  void shake_hands() {
    for (int i = 0; i < 50 && !(client_.connected && server_.connected); ++i) {
      while (!client_.sent.empty()) deliver(client_);
      while (!server_.sent.empty()) deliver(server_);
      pass(5ms);
    }
    require(client_.connected && server_.connected);
  }

  void take_step(fuzz::Input& input) {
    const std::uint8_t what = input.byte();
    Side& from = (what & 8) != 0 ? server_ : client_;
    switch (what & 7) {
      case 0:
        deliver(from);
        break;
      case 1:
        if (!from.sent.empty()) from.sent.pop_front();
        break;
      case 2:
        change(from, input);
        break;
      case 3:
        forge(from, input.counted(1300));
        break;
      case 4:
        pass(input.byte() * 10ms);
        break;
      case 5:
        use(from, what >> 4);
        break;
      case 6:
        if (!from.sent.empty()) from.sent.push_front(Datagram(from.sent.front()));
        deliver(from);
        deliver(from);
        break;
      default:
        if (from.sent.size() > 1) std::swap(from.sent[0], from.sent[1]);
    }
  }

  /// Silence until everyone has given up.
  void require_nothing_left() {
    client_.sent.clear();
    server_.sent.clear();
    pass(10min);
    for (const Side* side : {&client_, &server_}) {
      require(side->endpoint.connection_count() == 0);
      require(!side->endpoint.next_timeout());
      require(side->endpoint.memory_used() == 0);
    }
  }

 private:
  Side& other(const Side& side) { return &side == &client_ ? server_ : client_; }

  void act() {
    client_.act(now_);
    server_.act(now_);
    for (const Side* side : {&client_, &server_}) {
      if (!side->sent.empty()) note(*side, side->sent.back());
    }
  }

  static bool is_short(const Datagram& datagram) { return (datagram[0] & std::byte{0x80}) == std::byte{0}; }

  // The last header of each side, which forged packets get.
  void note(const Side& from, const Datagram& datagram) {
    if (is_short(datagram)) (&from == &client_ ? client_header_ : server_header_) = datagram;
  }

  void arrive(Side& from, const Datagram& datagram) {
    other(from).arrive(now_, datagram);
    act();
  }

  void deliver(Side& from) {
    if (from.sent.empty()) return;
    const Datagram datagram = std::move(from.sent.front());
    from.sent.pop_front();
    arrive(from, datagram);
  }

  void change(Side& from, fuzz::Input& input) {
    const std::size_t place = input.two_bytes();
    const auto value = static_cast<std::byte>(input.byte());
    if (from.sent.empty()) return;
    Datagram& datagram = from.sent.front();
    datagram[place % datagram.size()] ^= value;
    deliver(from);
  }

  // In the place of those of the next packet, or in one whose number its sender has not used: to acknowledge it is
  // wrong.
  void forge(Side& from, Bytes frames) {
    const std::size_t id_size = &from == &client_ ? quic::kServerCidLength : quic::kClientCidLength;
    Datagram packet;
    if (!from.sent.empty() && is_short(from.sent.front())) {
      packet = std::move(from.sent.front());
      from.sent.pop_front();
      const std::size_t number_size = 1 + (std::to_integer<std::size_t>(packet[0]) & 3);
      packet.resize(std::min(packet.size(), 1 + id_size + number_size));
    } else {
      const Datagram& known = &from == &client_ ? client_header_ : server_header_;
      if (known.size() < 1 + id_size) return;
      packet.assign(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(1 + id_size));
      packet[0] |= std::byte{0x03};
      const std::uint32_t number = 1000 + forged_++;
      for (int shift = 24; shift >= 0; shift -= 8) packet.push_back(static_cast<std::byte>(number >> shift));
    }
    constexpr std::size_t kSmallest = 20;
    packet.insert(packet.end(), frames.begin(), frames.end());
    if (frames.size() < kSmallest) packet.resize(packet.size() + kSmallest - frames.size());  // PADDING
    packet.resize(packet.size() + kTag);
    arrive(from, packet);
  }

  void pass(Duration duration) {
    const Instant end = now_ + duration;
    for (int round = 0;; ++round) {
      require(round < 20'000);
      std::optional<Instant> next;
      for (Side* side : {&client_, &server_}) {
        const auto due = side->endpoint.next_timeout();
        if (due && (!next || *due < *next)) next = due;
      }
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      client_.endpoint.handle_timeout(now_);
      server_.endpoint.handle_timeout(now_);
      act();
    }
    now_ = end;
  }

  void use(Side& side, int how) {
    quic::Connection* peer = side.connection ? side.endpoint.find(*side.connection) : nullptr;
    if (peer == nullptr) return;
    if (how <= 2) {
      if (!peer->established()) return;
      const auto stream = peer->open_stream();
      if (!stream) return;
      last_stream_ = *stream;
      if (how > 0) peer->write(*stream, std::vector<std::byte>(kQuestion));
      if (how == 2) peer->finish(*stream);
    } else if (how == 3) {
      if (last_stream_) peer->reset(*last_stream_, 7);
    } else if (how == 4) {
      if (last_stream_) peer->stop_sending(*last_stream_, 7);
    } else if (how == 5) {
      side.endpoint.close(now_, *side.connection);
    } else {
      peer->update_keys(now_);
    }
    act();
  }

  Instant now_{1h};
  Side client_{false};
  Side server_{true};
  Datagram client_header_;
  Datagram server_header_;
  std::optional<quic::StreamId> last_stream_;
  std::uint32_t forged_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  World world;
  if ((input.byte() & 1) == 0) world.shake_hands();
  for (int step = 0; step < kMostSteps && !input.empty(); ++step) world.take_step(input);
  world.require_nothing_left();
  return 0;
}
