// SPDX-License-Identifier: MIT
#include "torq/net/udp_socket.hpp"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
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

// What the machine says to the sends to come, in order; then it does as the kernel does.
std::deque<int>& faults() {
  static thread_local std::deque<int> errors;
  return errors;
}

bool fails() {
  if (faults().empty()) return false;
  errno = faults().front();
  faults().pop_front();
  return true;
}

class TroubledSend : public testing::Test {
 protected:
  TroubledSend() {
    faults().clear();
    sender_.use({[](int socket, mmsghdr* messages, unsigned count, int flags) {
                   const bool is_run = messages[0].msg_hdr.msg_iov->iov_len > kSegment;
                   if (is_run) ++runs();
                   return fails() ? -1 : ::sendmmsg(socket, messages, count, flags);
                 },
                 [](int socket, const msghdr* message, int flags) -> long {
                   return fails() ? -1 : ::sendmsg(socket, message, flags);
                 }});
    runs() = 0;
  }
  ~TroubledSend() override { EXPECT_TRUE(faults().empty()) << "a fault that nobody met"; }

  static constexpr std::size_t kSegment = 100;
  static int& runs() {
    static thread_local int count = 0;
    return count;
  }

  std::size_t send(std::size_t count, std::size_t segments = 1) {
    const std::vector<std::byte> bytes(segments * kSegment);
    const quic::Path path{sender_.address(), receiver_.address()};
    const std::vector<Outgoing> all(count, Outgoing{{path, quic::Ecn::kNone, bytes.size(), kSegment}, bytes});
    return sender_.send(all);
  }
  std::size_t received() {
    std::size_t sum = 0;
    for (std::size_t n = 1; n > 0; sum += n) n = receiver_.receive(batch_, [](const quic::Path&, quic::Ecn, Bytes) {});
    return sum;
  }

 private:
  UdpSocket sender_ = UdpSocket::bind(*parse_socket_address("127.0.0.1:0"), UdpSocket::Port::kOwn).value();
  UdpSocket receiver_ = UdpSocket::bind(*parse_socket_address("127.0.0.1:0"), UdpSocket::Port::kOwn).value();
  ReceiveBatch batch_;
};

TEST_F(TroubledSend, LeavesToLaterWhatAFullBufferRefuses) {
  faults() = {EAGAIN};
  EXPECT_EQ(send(3), 0U);
  EXPECT_EQ(send(3), 3U);
  EXPECT_EQ(received(), 3U);
}

TEST_F(TroubledSend, LosesTheOneThatIsRefusedAndNoOther) {
  for (const int error : {ENOBUFS, EMSGSIZE, EPERM, ENETUNREACH, EHOSTUNREACH, EINVAL}) {
    faults() = {error};
    EXPECT_EQ(send(3), 3U) << error;
    EXPECT_EQ(received(), 2U) << error;
  }
}

TEST_F(TroubledSend, RepeatsWhatASignalOrNewsOfAnotherInterrupted) {
  faults() = {EINTR, EINTR, ECONNREFUSED};
  EXPECT_EQ(send(2), 2U);
  EXPECT_EQ(received(), 2U);

  faults() = {ECONNREFUSED, ECONNREFUSED};  // but not for ever
  EXPECT_EQ(send(2), 2U);
  EXPECT_EQ(received(), 1U);
}

TEST_F(TroubledSend, CutsRunsItselfWhereTheDeviceCannot) {
  faults() = {EIO};
  EXPECT_EQ(send(2, 10), 2U);
  EXPECT_EQ(received(), 20U);
  EXPECT_EQ(runs(), 1) << "the device was asked again";

  faults() = {ENOBUFS};
  EXPECT_EQ(send(1, 10), 1U);
  EXPECT_EQ(received(), 9U);
  faults() = {EAGAIN};
  EXPECT_EQ(send(1, 10), 0U);
  EXPECT_EQ(send(1, 10), 1U);
  EXPECT_EQ(received(), 10U);
}

TEST(UdpSocket, SaysThatThereAreNoMoreDescriptors) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);

  const auto opened = UdpSocket::bind(*parse_socket_address("127.0.0.1:0"), UdpSocket::Port::kOwn);

  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::errc::too_many_files_open);
  EXPECT_EQ(opened.error().text(), "cannot open a UDP socket for 127.0.0.1:0: Too many open files");
}

}  // namespace
}  // namespace torq::net
