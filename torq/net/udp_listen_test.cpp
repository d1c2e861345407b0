// SPDX-License-Identifier: MIT
#include "torq/net/udp_listen.hpp"

#include <gtest/gtest.h>

namespace torq::net {
namespace {

SocketAddress address(std::string_view text) { return parse_socket_address(text).value(); }

TEST(ListenUdp, GivesEveryWorkerASocketOnTheSamePort) {
  const auto listeners = listen_udp({address("127.0.0.1:0")}, 3).value();

  ASSERT_EQ(listeners.sockets.size(), 3U);
  EXPECT_NE(listeners.addresses.at(0).port, 0);
  for (const auto& own : listeners.sockets) EXPECT_EQ(own.at(0).address(), listeners.addresses[0]);
}

TEST(ListenUdp, TakesBothFamiliesForTheIpv6Wildcard) {
  const auto listeners = listen_udp({address("[::]:0")}, 2).value();

  for (const auto& own : listeners.sockets) {
    ASSERT_EQ(own.size(), 2U);
    EXPECT_EQ(own[0].address().ip.family(), Family::kIpv6);
    EXPECT_EQ(own[1].address().ip.family(), Family::kIpv4);
    EXPECT_EQ(own[0].address().port, own[1].address().port);
  }
}

TEST(ListenUdp, RefusesAPortThatOtherWorkersShare) {
  const auto first = listen_udp({address("127.0.0.1:0")}, 2).value();

  const auto second = listen_udp(first.addresses, 2);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().address, first.addresses[0]);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
}

TEST(ListenUdp, RefusesAWildcardWhoseIpv4PortIsTaken) {
  const auto taken = UdpSocket::bind(address("0.0.0.0:0"), UdpSocket::Port::kOwn).value();

  const auto listeners = listen_udp({{parse_ip("::").value(), taken.address().port}}, 1);

  ASSERT_FALSE(listeners);
  EXPECT_EQ(listeners.error().address, taken.address());
}

}  // namespace
}  // namespace torq::net
