// SPDX-License-Identifier: MIT
#include "torq/net/steering.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <set>
#include <vector>

#include "torq/net/system_entropy.hpp"
#include "torq/net/udp_listen.hpp"
#include "torq/quic/connection_id.hpp"

namespace torq::net {
namespace {

constexpr unsigned kWorkers = 4;
constexpr int kSenders = 40;  // ports: the hash of one alone would land right by luck

using Datagram = std::vector<std::byte>;

Datagram of(std::initializer_list<unsigned> head, Bytes id, std::size_t size) {
  Datagram out;
  for (const unsigned value : head) out.push_back(static_cast<std::byte>(value));
  out.insert(out.end(), id.begin(), id.end());
  if (out.size() < size) out.resize(size, std::byte{0xee});
  return out;
}

// A port of four workers, and clients that come from another port each time.
class Steering : public testing::TestWithParam<const char*> {
 protected:
  quic::ConnectionId id_of(unsigned worker) {
    return quic::make_connection_id(entropy_, quic::kServerCidLength, {worker, kWorkers});
  }

  /// The worker whose socket got the datagram.
  unsigned receiver_of(const Datagram& datagram) {
    UdpSocket client = UdpSocket::bind({parse_ip(GetParam()).value(), 0}, UdpSocket::Port::kOwn).value();
    const quic::Path path{client.address(), listeners_.addresses[0]};
    client.send(std::array{Outgoing{{path, quic::Ecn::kNone, datagram.size(), datagram.size()}, datagram}});
    std::array<pollfd, kWorkers> ready{};
    for (unsigned i = 0; i < kWorkers; ++i) ready[i] = {listeners_.sockets[i][0].native_handle(), POLLIN, 0};
    poll(ready.data(), ready.size(), 2000);  // loopback delivers before send returns
    for (unsigned i = 0; i < kWorkers; ++i) {
      if (listeners_.sockets[i][0].receive(batch_, [](const auto&, auto, Bytes) {}) == 1) return i;
    }
    ADD_FAILURE() << "nobody got it";
    return kWorkers;
  }

  std::set<unsigned> receivers_of(const Datagram& datagram) {
    std::set<unsigned> receivers;
    for (int i = 0; i < kSenders; ++i) receivers.insert(receiver_of(datagram));
    return receivers;
  }

  SystemEntropy entropy_;
  ReceiveBatch batch_;
  Listeners listeners_ = listen_udp({{parse_ip(GetParam()).value(), 0}}, kWorkers).value();
};
INSTANTIATE_TEST_SUITE_P(Families, Steering, testing::Values("127.0.0.1", "::1"),
                         [](const auto& family) { return std::string(family.param) == "::1" ? "Ipv6" : "Ipv4"; });

TEST_P(Steering, TakesShortHeadersToTheWorkerThatTheyName) {
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    for (int i = 0; i < kSenders; ++i) EXPECT_EQ(receiver_of(of({0x40}, id_of(worker).bytes(), 40)), worker);
  }
}

TEST_P(Steering, TakesLongHeadersWithOurIdToTheWorkerThatTheyName) {
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    for (int i = 0; i < kSenders; ++i) {
      EXPECT_EQ(receiver_of(of({0xe0, 0, 0, 0, 1, quic::kServerCidLength}, id_of(worker).bytes(), 1200)), worker);
    }
  }
}

TEST_P(Steering, SpreadsFirstDatagramsOfClientsOverTheWorkers) {
  const Datagram id(8, std::byte{0x42});

  EXPECT_GT(receivers_of(of({0xc0, 0, 0, 0, 1, 8}, id, 1200)).size(), 1U);
}

TEST_P(Steering, SpreadsPacketsThatAreNotQuicOverTheWorkers) {
  // BEP 15, connect: the protocol's magic number, the action 0, a transaction.
  EXPECT_GT(receivers_of(of({0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80, 0, 0, 0, 0, 1, 2, 3, 4}, {}, 16)).size(), 1U);
}

TEST_P(Steering, SpreadsDatagramsTooShortToNameAWorker) {
  for (const std::size_t size : {1U, 2U, 12U}) EXPECT_GT(receivers_of(of({0x40}, {}, size)).size(), 1U) << size;
}

TEST_P(Steering, HoldsForTheShortestDatagramThatNamesAWorker) {
  for (int i = 0; i < kSenders; ++i) EXPECT_EQ(receiver_of(of({0x40}, id_of(2).bytes(), 13)), 2U);
}

}  // namespace
}  // namespace torq::net
