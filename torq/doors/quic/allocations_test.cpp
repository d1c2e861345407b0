// SPDX-License-Identifier: MIT
// An announce over an open connection allocates nothing: client and server in one thread, handing datagrams to each
// other, and operator new counts for the server. What ngtcp2 and GnuTLS take from malloc is theirs, and not counted.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <new>

#include "torq/doors/quic/quic_door.hpp"
#include "torq/files/file_tree.hpp"
#include "torq/quic/certificate.hpp"
#include "torq/quic/seeded_entropy_test.hpp"
#include "torq/swarm/memory_store.hpp"
#include "torq/web/vitals.hpp"

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (counting) ++allocations;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  void* block = operator new(size, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace torq::doors::quic {
namespace {

namespace q = torq::quic;

constexpr std::string_view kAnnounce =
    R"({"info_hash":"0123456789abcdef0123456789abcdef01234567","peer_id":"-TQ0100-000000000000","port":6881,)"
    R"("uploaded":0,"downloaded":0,"left":0})";

q::ServerTls server_tls() {
  q::CertificateTerms terms;
  terms.names = {"tracker.example"};
  terms.not_after = std::chrono::sys_days(std::chrono::year(2120) / 1 / 1);
  const auto pair = *q::make_self_signed(q::KeyKind::kEcdsaP256, terms);
  return *q::ServerTls::create(pair.cert_pem, pair.key_pem);
}

class NoVitals final : public web::Vitals {
 public:
  bool is_ready() const override { return true; }
  std::string figures() const override { return "{}"; }
};

class Counting {
 public:
  Counting() { counting = true; }
  ~Counting() { counting = false; }
};

class Conversation {
 public:
  Conversation() {
    connection_ = client_.connect(now_, {here_, there_}, tls_, "tracker.example");
    pass_all();
  }

  /// Asks and reads the answer to its end, which is given back.
  std::string announce() {
    q::Connection& connection = *client_.find(connection_);
    const auto stream = connection.open_stream().value();
    connection.write(stream, as_bytes(kAnnounce));
    connection.finish(stream);
    answer_.clear();
    pass_all();
    return answer_;
  }

 private:
  void pass_all() {
    for (int quiet = 0; quiet < 2; ++quiet) {
      now_ += std::chrono::milliseconds(1);
      while (pass(client_, server_, there_, here_) + serve() > 0) quiet = 0;
    }
    // Acknowledgements that wait for more to say, and the next announce's pause.
    now_ += std::chrono::milliseconds(50);
    client_.handle_timeout(now_);
    server_.handle_timeout(now_);
    while (pass(client_, server_, there_, here_) + serve() > 0) {
    }
  }

  // What the server does; the last step of it hands its datagrams to the client.
  std::size_t serve() {
    {
      Counting begun;
      while (const auto event = server_.next_event()) door_.handle_event(now_, server_, *event);
    }
    return pass(server_, client_, here_, there_);
  }

  std::size_t pass(q::Endpoint& from, q::Endpoint& to, const SocketAddress& at, const SocketAddress& of) {
    std::size_t datagrams = 0;
    for (;;) {
      counting = &from == &server_;
      const auto run = from.next_transmit(now_, area_);
      counting = false;
      if (!run) break;
      for (std::size_t sent = 0; sent < run->size; sent += run->segment_size, ++datagrams) {
        const auto datagram = Bytes(area_).subspan(sent, std::min(run->segment_size, run->size - sent));
        counting = &to == &server_;
        to.handle_datagram(now_, {at, of}, run->ecn, datagram);
        counting = false;
      }
    }
    read_client();
    return datagrams;
  }

  void read_client() {
    while (const auto event = client_.next_event()) {
      const auto* readable = std::get_if<q::StreamReadable>(&event->what);
      if (readable == nullptr) continue;
      q::Connection& connection = *client_.find(connection_);
      const auto incoming = connection.peek(readable->stream);
      answer_ += as_text(incoming.bytes);
      connection.consume(readable->stream, incoming.bytes.size());
    }
  }

  SocketAddress here_ = *parse_socket_address("192.0.2.1:4000");
  SocketAddress there_ = *parse_socket_address("192.0.2.2:7001");
  Instant now_{std::chrono::hours(1)};
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
  std::string answer_;

  files::FileTree files_ = files::FileTree::at(std::filesystem::temp_directory_path().string()).value();
  tracker::TrackerRules rules_;
  swarm::MemoryStore store_{swarm::SipKey{}, rules_.peer_lifetime()};
  tracker::Tracker tracker_{store_, rules_};
  NoVitals vitals_;
  quic_json::Service service_{tracker_, files_, wire::Limits{}, 1};
  web::Site site_{{tracker_, files_, vitals_}, wire::Limits{}, 1};
  http3::Door http3_{site_, {}};
  QuicDoor door_{service_, http3_};

  q::SeededEntropy entropy_{1};
  q::ClientTls tls_ = *q::ClientTls::create(q::TrustAnyone{});
  q::Endpoint server_{{{}, q::make_secrets(entropy_), {}, server_tls(), {}}, entropy_};
  q::Endpoint client_{{{}, q::make_secrets(entropy_), {}, std::nullopt, {}}, entropy_};
  q::ConnectionHandle connection_{};
};

TEST(AnnounceOverQuic, AllocatesNothingOnceItsMemoryIsWarm) {
  Conversation conversation;
  for (int i = 0; i < 100; ++i) ASSERT_NE(conversation.announce().find("interval"), std::string::npos);

  EXPECT_GT(allocations, 0U) << "nothing is counted";
  allocations = 0;
  constexpr int kAnnounces = 100;
  for (int i = 0; i < kAnnounces; ++i) ASSERT_NE(conversation.announce().find("interval"), std::string::npos);

  EXPECT_EQ(allocations, 0U) << "in " << kAnnounces << " announces";
}

}  // namespace
}  // namespace torq::doors::quic
