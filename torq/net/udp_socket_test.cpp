// SPDX-License-Identifier: MIT
#include "torq/net/udp_socket.hpp"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>

#include <memory>
#include <optional>
#include <string>

#include "torq/base/sockaddr.hpp"

namespace torq::net {
namespace {

SocketAddress any_port(std::string_view ip) { return {parse_ip(ip).value(), 0}; }

UdpSocket bound(std::string_view ip) { return UdpSocket::bind(any_port(ip), UdpSocket::Port::kOwn).value(); }

struct Arrival {
  quic::Path path;
  quic::Ecn ecn;
  std::string text;
};

// Loopback delivers before send returns; poll only guards against a kernel that does not.
std::vector<Arrival> arrivals(UdpSocket& socket, std::size_t wanted) {
  ReceiveBatch batch;
  std::vector<Arrival> all;
  pollfd ready{socket.native_handle(), POLLIN, 0};
  while (all.size() < wanted && poll(&ready, 1, 2000) > 0) {
    socket.receive(batch, [&](const quic::Path& path, quic::Ecn ecn, Bytes bytes) {
      all.push_back({path, ecn, std::string(as_text(bytes))});
    });
  }
  return all;
}

Outgoing run(const SocketAddress& from, const SocketAddress& to, std::string_view text, std::size_t segment,
             quic::Ecn ecn = quic::Ecn::kNone) {
  return {{{from, to}, ecn, text.size(), segment}, as_bytes(text)};
}

class UdpSocketTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Families, UdpSocketTest, testing::Values("127.0.0.1", "::1"),
                         [](const auto& family) { return std::string(family.param) == "::1" ? "Ipv6" : "Ipv4"; });

TEST_P(UdpSocketTest, CutsARunIntoDatagramsAndTellsTheirPath) {
  UdpSocket sender = bound(GetParam());
  UdpSocket receiver = bound(GetParam());

  EXPECT_EQ(sender.send(std::array{run(sender.address(), receiver.address(), "aaabbbcc", 3)}), 1U);

  const auto got = arrivals(receiver, 3);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].text + "|" + got[1].text + "|" + got[2].text, "aaa|bbb|cc");
  EXPECT_EQ(got[0].path, (quic::Path{receiver.address(), sender.address()}));
}

TEST_P(UdpSocketTest, CarriesEcnMarks) {
  UdpSocket sender = bound(GetParam());
  UdpSocket receiver = bound(GetParam());

  sender.send(std::array{run(sender.address(), receiver.address(), "x", 1, quic::Ecn::kEct0)});

  EXPECT_EQ(arrivals(receiver, 1).at(0).ecn, quic::Ecn::kEct0);
}

TEST(UdpSocket, OnAWildcardAnswersFromTheAddressThatWasAsked) {
  UdpSocket server = bound("0.0.0.0");
  UdpSocket client = bound("127.0.0.1");
  const SocketAddress asked{parse_ip("127.0.0.5").value(), server.address().port};

  client.send(std::array{run(client.address(), asked, "question", 8)});
  const auto question = arrivals(server, 1).at(0);
  server.send(std::array{run(question.path.local, question.path.remote, "answer", 6)});

  EXPECT_EQ(question.path.local, asked);
  EXPECT_EQ(arrivals(client, 1).at(0).path.remote, asked);
}

// A link-local address of this machine with its interface; nothing where there is none.
std::optional<SocketAddress> link_local_address() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return std::nullopt;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned(first, &freeifaddrs);
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr || (it->ifa_flags & IFF_UP) == 0) continue;
    const SocketAddress address = from_sockaddr(it->ifa_addr);
    if (address.ip.is_ipv6_link_local()) return address;
  }
  return std::nullopt;
}

TEST(UdpSocket, OnAWildcardAnswersALinkLocalClientOnItsLink) {
  const auto here = link_local_address();
  if (!here) GTEST_SKIP() << "no interface of this machine has an IPv6 link-local address";
  UdpSocket server = bound("::");
  UdpSocket client = UdpSocket::bind(*here, UdpSocket::Port::kOwn).value();
  const SocketAddress asked{here->ip, server.address().port, here->scope};

  client.send(std::array{run(client.address(), asked, "question", 8)});
  const auto questions = arrivals(server, 1);
  ASSERT_EQ(questions.size(), 1U);
  server.send(std::array{run(questions[0].path.local, questions[0].path.remote, "answer", 6)});

  EXPECT_NE(here->scope, 0U);
  EXPECT_EQ(questions[0].path, (quic::Path{asked, client.address()}));
  const auto answers = arrivals(client, 1);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].path.remote, asked);
}

TEST_P(UdpSocketTest, OfAClientHasOneLocalAddressInBothDirections) {
  UdpSocket server = bound(GetParam());
  UdpSocket client = UdpSocket::open_for_client(server.address().ip.family()).value();

  client.send(std::array{run(client.address(), server.address(), "question", 8)});
  const auto question = arrivals(server, 1).at(0);
  server.send(std::array{run(server.address(), question.path.remote, "answer", 6)});

  EXPECT_TRUE(client.address().ip.is_unspecified());
  EXPECT_EQ(arrivals(client, 1).at(0).path, (quic::Path{client.address(), server.address()}));
}

// A port of this machine where nobody listens.
SocketAddress closed_port(std::string_view ip) { return bound(ip).address(); }

std::vector<SocketAddress> refusals(UdpSocket& socket) {
  std::vector<SocketAddress> all;
  pollfd ready{socket.native_handle(), 0, 0};  // errors are always waited for
  poll(&ready, 1, 2000);
  socket.take_refusals([&](const SocketAddress& remote) { all.push_back(remote); });
  return all;
}

TEST_P(UdpSocketTest, OfAClientTellsWhereNobodyListens) {
  const SocketAddress nobody = closed_port(GetParam());
  UdpSocket client = UdpSocket::open_for_client(nobody.ip.family()).value();

  client.send(std::array{run(client.address(), nobody, "anyone?", 7)});

  EXPECT_EQ(refusals(client), std::vector{nobody});
}

TEST_P(UdpSocketTest, OfAClientLosesNothingToSomebodyElsesRefusal) {
  const SocketAddress nobody = closed_port(GetParam());
  UdpSocket server = bound(GetParam());
  UdpSocket client = UdpSocket::open_for_client(nobody.ip.family()).value();

  client.send(std::array{run(client.address(), nobody, "anyone?", 7)});
  client.send(std::array{run(client.address(), server.address(), "question", 8)});

  EXPECT_EQ(arrivals(server, 1).at(0).text, "question");
}

TEST(UdpSocket, NamesTheAddressThatIsTaken) {
  UdpSocket first = bound("127.0.0.1");

  const auto second = UdpSocket::bind(first.address(), UdpSocket::Port::kOwn);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text(), "cannot bind " + to_string(first.address()) + ": Address already in use");
}

TEST(UdpSocket, CountsARefusedDatagramAsSent) {
  UdpSocket sender = bound("127.0.0.1");
  const std::string too_large(65'530, 'x');

  EXPECT_EQ(sender.send(std::array{run(sender.address(), sender.address(), too_large, too_large.size())}), 1U);
}

}  // namespace
}  // namespace torq::net
