// SPDX-License-Identifier: MIT
#include "torq/client/url.hpp"

#include <gtest/gtest.h>

namespace torq::client {
namespace {

Url good(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_TRUE(url) << text << ": " << (url ? "" : url.error());
  return url.value_or(Url{});
}

std::string fault(std::string_view text) {
  const auto url = parse_url(text);
  return url ? "none" : url.error();
}

TEST(Url, HasPort7001AndNoPathUnlessItSaysMore) {
  EXPECT_EQ(good("quic://tracker.example"), (Url{"tracker.example", 7001, ""}));
  EXPECT_EQ(good("quic://tracker.example/"), (Url{"tracker.example", 7001, ""}));
  EXPECT_EQ(good("quic://tracker.example:"), (Url{"tracker.example", 7001, ""}));
  EXPECT_EQ(good("QUIC://192.0.2.7:443"), (Url{"192.0.2.7", 443, ""}));
}

TEST(Url, TakesIpv6InBrackets) {
  EXPECT_EQ(good("quic://[::1]"), (Url{"::1", 7001, ""}));
  EXPECT_EQ(good("quic://[2001:db8::7]:8000/x"), (Url{"2001:db8::7", 8000, "x"}));
}

TEST(Url, DecodesThePath) {
  EXPECT_EQ(good("quic://h/a%20b%2fc/%C3%a9").path, "a b/c/é");
  EXPECT_EQ(good("quic://h/100%25").path, "100%");
  EXPECT_EQ(good("quic://h/a%00b").path, std::string("a\0b", 3));
  EXPECT_EQ(good("quic://h/é und b").path, "é und b");
}

TEST(Url, LeavesDotsAndSlashesToTheServer) {
  EXPECT_EQ(good("quic://h//a/../b/").path, "/a/../b/");
  EXPECT_EQ(good("quic://h/C:%5Cfiles%5Cx").path, "C:\\files\\x");
}

TEST(Url, MayNameTheKeyOfTheServer) {
  const std::string pin = "sha256:" + std::string(62, '0') + "ab";

  EXPECT_EQ(good("quic://h/x?pin=" + pin), (Url{"h", 7001, "x", pin}));
  EXPECT_EQ(good("quic://h?pin=" + pin), (Url{"h", 7001, "", pin}));
  EXPECT_EQ(good("quic://[::1]:1/?pin=sha256:" + std::string(62, '0') + "AB"), (Url{"::1", 1, "", pin}));
  EXPECT_EQ(good("quic://h/x%3Fpin=" + pin), (Url{"h", 7001, "x?pin=" + pin, ""}));
}

TEST(Url, RefusesAQueryThatIsNotExactlyOnePin) {
  const std::string pin = "sha256:" + std::string(64, '0');
  const std::string_view unknown = "after ? there can only be pin=sha256:…: write a ? that belongs to a name as %3F";
  for (const std::string& query : {std::string(), std::string("b"), "Pin=" + pin, "pins=" + pin, " pin=" + pin}) {
    EXPECT_EQ(fault("quic://h/a?" + query), unknown) << query;
    EXPECT_EQ(fault("quic://h?" + query), unknown) << query;
  }
  EXPECT_EQ(fault("quic://h/a?pin=" + pin + "&pin=" + pin), "after ? there can be one pin, and nothing else");
  for (const std::string& query : {std::string(), pin + "0", pin + "/x", pin + "#", pin + "?", pin.substr(1)}) {
    EXPECT_EQ(fault("quic://h/a?pin=" + query), "a pin is sha256: and 64 hexadecimal digits") << query;
  }
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_EQ(fault(""), "it must begin with quic://, for example quic://tracker.example");
  EXPECT_EQ(fault("localhost:7001"), "it must begin with quic://, for example quic://tracker.example");
  EXPECT_EQ(fault("https://h/x"), "the scheme is https, torq speaks quic://");
  EXPECT_EQ(fault("quic://"), "the host is missing after quic://");
  EXPECT_EQ(fault("quic:///x"), "the host is missing after quic://");
  EXPECT_EQ(fault("quic://me@h/x"), "a user name has no meaning here: leave out what stands before the @");
  EXPECT_EQ(fault("quic://h t/x"), "the host has a character that no host name has");
  EXPECT_EQ(fault("quic://é.example"), "the host is not ASCII: write an internationalised name in its xn-- form");
  EXPECT_EQ(fault("quic://" + std::string(254, 'a')), "the host has more than 253 characters");
}

TEST(Url, SaysWhatIsWrongWithAPort) {
  for (const char* text : {"quic://h:0", "quic://h:65536", "quic://h:-1", "quic://h:7001x/", "quic://[::1]:99999"}) {
    EXPECT_EQ(fault(text), "the port must be a number from 1 to 65535") << text;
  }
}

TEST(Url, SaysWhatIsWrongWithAnIpv6Address) {
  EXPECT_EQ(fault("quic://::1/"), "an IPv6 address stands in brackets, for example quic://[::1]:7001");
  EXPECT_EQ(fault("quic://[::1/x"), "the bracket before the IPv6 address is not closed");
  EXPECT_EQ(fault("quic://[::1]7001"), "after ] there can only be a port or a path");
  for (const char* text : {"quic://[]", "quic://[192.0.2.7]", "quic://[fe80::1%25eth0]", "quic://[:::]"}) {
    EXPECT_EQ(fault(text), "between the brackets there is no IPv6 address") << text;
  }
}

TEST(Url, SaysWhatIsWrongWithAPath) {
  for (const char* text : {"quic://h/%", "quic://h/%2", "quic://h/%zz", "quic://h/%%41"}) {
    EXPECT_EQ(fault(text), "after % there must be two hexadecimal digits") << text;
  }
  EXPECT_EQ(fault("quic://h/a#b"), "a fragment has no meaning here: write a # that belongs to a name as %23");
  EXPECT_EQ(fault("quic://h/a\nb"), "the path has a control character: write it as %XX");
  EXPECT_EQ(fault("quic://h/%ff"), "the path is not UTF-8");
  EXPECT_EQ(fault("quic://h/\xff"), "the path is not UTF-8");
  EXPECT_EQ(fault("quic://h/" + std::string(32769, 'a')), "the path is longer than any request");
}

TEST(Url, WritesWhatItReads) {
  for (const Url& url : {Url{"tracker.example", 7001, ""}, Url{"::1", 7001, "x"}, Url{"h", 1, "a b/é%\n?#\\\""},
                         Url{"192.0.2.7", 65535, std::string("\0", 1)}, Url{"h", 7001, "/double"},
                         Url{"h", 7001, "", "sha256:" + std::string(64, 'f')},
                         Url{"::1", 7002, "a?b", "sha256:" + std::string(64, '0')}}) {
    EXPECT_EQ(parse_url(to_string(url)), url) << to_string(url);
  }
  EXPECT_EQ(to_string(Url{"::1", 7002, "a b"}), "quic://[::1]:7002/a%20b");
}

}  // namespace
}  // namespace torq::client
