// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "torq/base/address.hpp"
#include "torq/base/address_prefix.hpp"
#include "torq/base/hex.hpp"
#include "torq/base/info_hash.hpp"
#include "torq/base/random.hpp"

namespace torq {
namespace {

std::string text_of(std::string_view ip) { return to_string(parse_ip(ip).value()); }
bool is_private(std::string_view ip) { return parse_ip(ip).value().is_private(); }

TEST(Hex, ReadsBothCasesAndWritesLowerCase) {
  std::array<std::byte, 3> bytes{};

  ASSERT_TRUE(from_hex("00aBfF", bytes));

  EXPECT_EQ(to_hex(bytes), "00abff");
}

TEST(Hex, KnowsEachDigitWhereverItStands) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
  for (std::size_t place = 0; place < 24; ++place) {
    for (int c = 0; c < 256; ++c) {
      std::string text(24, '0');
      text[place] = static_cast<char>(c);
      std::array<std::byte, 12> bytes{};
      std::size_t digit = kDigits.find(text[place]);
      if (digit > 15 && digit != std::string_view::npos) digit -= 6;

      ASSERT_EQ(from_hex(text, bytes), digit != std::string_view::npos) << place << ' ' << c;

      if (digit != std::string_view::npos) {
        ASSERT_EQ(std::to_integer<std::size_t>(bytes[place / 2]), place % 2 == 0 ? digit * 16 : digit);
      }
    }
  }
}

TEST(Hex, RefusesOtherLengthsAndOtherCharacters) {
  std::array<std::byte, 2> bytes{};
  for (const char* bad : {"", "000", "00000", "00g0", "0x00", " 000", "00 0"})
    EXPECT_FALSE(from_hex(bad, bytes)) << bad;
}

TEST(InfoHash, OfVersion2NamesTheSwarmOfItsFirst40Digits) {
  const std::string v1(40, 'a');

  EXPECT_EQ(parse_info_hash(v1), parse_info_hash(std::string(40, 'A') + std::string(24, '0')));
  EXPECT_EQ(to_string(parse_info_hash(v1).value()), v1);
}

TEST(InfoHash, RefusesEveryOtherLengthAndNonDigitsAnywhere) {
  for (std::size_t length = 0; length < 80; ++length) {
    EXPECT_EQ(parse_info_hash(std::string(length, '0')).has_value(), length == 40 || length == 64) << length;
  }
  EXPECT_FALSE(parse_info_hash(std::string(63, '0') + "x"));
  EXPECT_FALSE(parse_info_hash("x" + std::string(39, '0')));
}

TEST(IpAddress, ReadsIpv4ToItsEdges) {
  for (const char* ip : {"0.0.0.0", "255.255.255.255", "1.20.255.9", "192.0.2.100"}) EXPECT_EQ(text_of(ip), ip);
}

TEST(IpAddress, HoldsMappedIpv4AsIpv4) {
  EXPECT_EQ(text_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(text_of("2001:DB8:0::1"), "2001:db8::1");
}

TEST(IpAddress, RefusesWhatIsNotALiteral) {
  for (const char* bad : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.", "1..2.3", "1.2.3.04",
                          "1.2.3.0004", "1.2.3.4 ", "1.2.3.-4", "::g", "fe80::1%eth0", "1.2.3.4/8", "[::1]", " ::1"}) {
    EXPECT_FALSE(parse_ip(bad)) << bad;
  }
  EXPECT_FALSE(parse_ip(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, KnowsPrivateAndLoopbackRangesToTheirEdges) {
  for (const char* ip : {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "169.254.1.1",
                         "100.64.0.0", "100.127.255.255", "fc00::", "fdff::1", "fe80::1", "febf::1"}) {
    EXPECT_TRUE(is_private(ip)) << ip;
  }
  for (const char* ip : {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.169.0.0", "100.63.255.255",
                         "100.128.0.0", "127.0.0.1", "fbff::", "fe00::", "fec0::", "::1"}) {
    EXPECT_FALSE(is_private(ip)) << ip;
  }
  for (const char* ip : {"127.0.0.1", "127.255.0.9", "::1"}) EXPECT_TRUE(parse_ip(ip)->is_loopback()) << ip;
  for (const char* ip : {"128.0.0.1", "::2", "::", "1::1"}) EXPECT_FALSE(parse_ip(ip)->is_loopback()) << ip;
}

TEST(SocketAddress, ReadsWhatItWrites) {
  for (const char* text : {"0.0.0.0:0", "127.0.0.1:7001", "[::]:7001", "[2001:db8::1]:65535"}) {
    EXPECT_EQ(to_string(parse_socket_address(text).value()), text);
  }
}

TEST(SocketAddress, RefusesAmbiguousOrIncompleteText) {
  for (const char* bad : {"", ":7001", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:7x",
                          "::1:7001", "[::1]", "[127.0.0.1]:7001", "[::1:7001", "::1]:7001"}) {
    EXPECT_FALSE(parse_socket_address(bad)) << bad;
  }
}

TEST(Random, RepeatsForEqualSeedsAndDiffersForOthers) {
  Random a(1), b(1), c(2);

  EXPECT_EQ(a.next(), b.next());
  EXPECT_NE(a.next(), c.next());
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Random random(7);
  std::array<int, 5> seen{};

  for (int i = 0; i < 5000; ++i) ++seen.at(random.below(5));

  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

TEST(AddressPrefix, ReadsBlocksAndSingleAddresses) {
  EXPECT_EQ(to_string(*parse_address_prefix("10.0.0.0/8")), "10.0.0.0/8");
  EXPECT_EQ(to_string(*parse_address_prefix("2001:db8::/56")), "2001:db8::/56");
  EXPECT_EQ(to_string(*parse_address_prefix("192.0.2.1")), "192.0.2.1");
  for (const char* wrong : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/8x", "host/8", "::/129", "::/-1"}) {
    EXPECT_FALSE(parse_address_prefix(wrong)) << wrong;
  }
}

TEST(AddressPrefix, ContainsWhatSharesItsBits) {
  const AddressPrefix odd = *parse_address_prefix("192.0.2.64/27");
  EXPECT_TRUE(odd.contains(*parse_ip("192.0.2.95")));
  EXPECT_FALSE(odd.contains(*parse_ip("192.0.2.96")));
  EXPECT_FALSE(odd.contains(*parse_ip("2001:db8::1")));
  EXPECT_TRUE(parse_address_prefix("0.0.0.0/0")->contains(*parse_ip("203.0.113.9")));
  EXPECT_EQ(prefix_of(*parse_ip("2001:db8:0:1ff::1"), 56), *parse_address_prefix("2001:db8:0:100::/56"));
}

}  // namespace
}  // namespace torq
