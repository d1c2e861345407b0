// SPDX-License-Identifier: MIT
#include "torq/quic/stateless.hpp"

#include <gtest/gtest.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <set>
#include <utility>

#include "torq/quic/native.hpp"
#include "torq/quic/seeded_entropy_test.hpp"

namespace torq::quic {
namespace {

using namespace std::chrono_literals;

constexpr TokenTime kNow{std::chrono::nanoseconds(1h).count()};

TokenTime after(Duration time) { return TokenTime{static_cast<std::int64_t>(kNow) + time.count()}; }

SocketAddress at(const char* text) { return *parse_socket_address(text); }

ConnectionId id(std::size_t length, int fill) {
  return ConnectionId(std::vector<std::byte>(length, static_cast<std::byte>(fill)));
}

class Retry : public testing::Test {
 protected:
  SeededEntropy entropy{1};
  Secrets secrets = make_secrets(entropy);
  Path path{at("192.0.2.1:7001"), at("198.51.100.1:40000")};
  ConnectionId first = id(16, 1);   // the client's first destination
  ConnectionId source = id(12, 2);  // ours in the Retry, the client's next destination
  std::vector<std::byte> token;

  ngtcp2_pkt_hd initial(const ConnectionId& destination) {
    ngtcp2_pkt_hd header{};
    header.version = NGTCP2_PROTO_VER_V1;
    header.dcid = to_cid(destination);
    header.scid = to_cid(id(8, 3));
    header.token = to_native(token);
    header.tokenlen = token.size();
    return header;
  }

  // What a client takes out of the Retry that answers it.
  std::vector<std::byte> ask() {
    const Datagram retry = write_retry(kNow, initial(first), path, source, secrets);
    ngtcp2_pkt_hd header;
    const auto size = ngtcp2_pkt_decode_hd_long(&header, to_native(retry), retry.size());
    EXPECT_GT(size, 0);
    EXPECT_EQ(header.type, NGTCP2_PKT_RETRY);
    EXPECT_EQ(from_cid(header.scid), source);
    constexpr std::ptrdiff_t kIntegrityTag = 16;
    return {retry.begin() + size, retry.end() - kIntegrityTag};
  }

  TokenCheck check(Duration later = 1s) { return check_token(after(later), initial(source), path, secrets); }
};

TEST_F(Retry, ProvesTheAddressAndRemembersTheFirstDestination) {
  token = ask();

  const TokenCheck result = check();

  EXPECT_EQ(result.verdict, TokenVerdict::kRetried);
  EXPECT_EQ(result.original_destination, first);
}

TEST_F(Retry, HoldsForTenSeconds) {
  token = ask();

  EXPECT_EQ(check(9999ms).verdict, TokenVerdict::kRetried);
  EXPECT_EQ(check(10s).verdict, TokenVerdict::kInvalid);
  EXPECT_EQ(check(1h).verdict, TokenVerdict::kInvalid);
}

TEST_F(Retry, ProvesNoOtherAddress) {
  token = ask();

  path.remote = at("198.51.100.1:40001");
  EXPECT_EQ(check().verdict, TokenVerdict::kInvalid);
  path.remote = at("198.51.100.2:40000");
  EXPECT_EQ(check().verdict, TokenVerdict::kInvalid);
  path.remote = at("[2001:db8::1]:40000");
  EXPECT_EQ(check().verdict, TokenVerdict::kInvalid);
}

TEST_F(Retry, WorksForIpv6) {
  path.remote = at("[2001:db8::1]:40000");
  token = ask();

  EXPECT_EQ(check().verdict, TokenVerdict::kRetried);
}

TEST_F(Retry, IsNotOursUnderOtherSecrets) {
  token = ask();
  secrets = make_secrets(entropy);

  EXPECT_EQ(check().verdict, TokenVerdict::kNone);
}

TEST_F(Retry, BelongsToTheDestinationThatItCameWith) {
  token = ask();

  EXPECT_EQ(check_token(kNow, initial(id(12, 9)), path, secrets).verdict, TokenVerdict::kNone);
}

TEST_F(Retry, CountsAsNoneWhenItIsGarbage) {
  const auto good = ask();
  EXPECT_EQ(check().verdict, TokenVerdict::kNone);  // none at all
  for (std::size_t size = 0; size < good.size(); ++size) {
    token.assign(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(check().verdict, TokenVerdict::kNone) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    token = good;
    token[i] ^= std::byte{1};
    EXPECT_EQ(check().verdict, TokenVerdict::kNone) << i;
  }
  token = good;
  token.push_back(std::byte{0});
  EXPECT_EQ(check().verdict, TokenVerdict::kNone);
}

TEST_F(Retry, IsTakenThatTheGenerationBeforeAskedFor) {
  token = ask();
  secrets.previous = std::exchange(secrets.current, make_ticket_keys(entropy));
  EXPECT_EQ(check().verdict, TokenVerdict::kRetried);

  secrets.previous = std::exchange(secrets.current, make_ticket_keys(entropy));
  EXPECT_EQ(check().verdict, TokenVerdict::kNone);
}

class AddressToken : public Retry {
 protected:
  AddressToken() { token = make_address_token(kNow, path.remote, secrets); }
};

TEST_F(AddressToken, IsKnownFromAnyPortOfItsAddress) {
  EXPECT_EQ(check().verdict, TokenVerdict::kKnown);
  path.remote = at("198.51.100.1:40001");
  EXPECT_EQ(check().verdict, TokenVerdict::kKnown);
}

TEST_F(AddressToken, HoldsForADay) {
  EXPECT_EQ(check(24h - 1ms).verdict, TokenVerdict::kKnown);
  EXPECT_EQ(check(24h).verdict, TokenVerdict::kNone);
}

TEST_F(AddressToken, CountsAsNoneFromAnotherAddress) {
  for (const char* other : {"198.51.100.2:40000", "[2001:db8::1]:40000"}) {
    path.remote = at(other);
    EXPECT_EQ(check().verdict, TokenVerdict::kNone) << other;
  }
}

TEST_F(AddressToken, IsTakenThatTheGenerationBeforeMade) {
  secrets.previous = std::exchange(secrets.current, make_ticket_keys(entropy));
  EXPECT_EQ(check().verdict, TokenVerdict::kKnown);

  secrets.previous = std::exchange(secrets.current, make_ticket_keys(entropy));
  EXPECT_EQ(check().verdict, TokenVerdict::kNone);
}

TEST_F(AddressToken, IsNoRetryToken) {
  token.front() = std::byte{NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2};
  EXPECT_EQ(check().verdict, TokenVerdict::kNone);
}

TEST_F(AddressToken, CountsAsNoneWhenItIsGarbage) {
  const auto good = token;
  for (std::size_t i = 0; i < good.size(); ++i) {
    token = good;
    token[i] ^= std::byte{1};
    EXPECT_EQ(check().verdict, TokenVerdict::kNone) << i;
    token.assign(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(check().verdict, TokenVerdict::kNone) << i;
  }
}

std::vector<std::uint32_t> offered(const Datagram& datagram, std::size_t ids) {
  std::vector<std::uint32_t> versions;
  for (std::size_t at_byte = 7 + ids; at_byte < datagram.size(); at_byte += 4) {
    std::uint32_t version = 0;
    for (std::size_t i = 0; i < 4; ++i) version = version << 8 | std::to_integer<std::uint32_t>(datagram[at_byte + i]);
    versions.push_back(version);
  }
  return versions;
}

TEST(VersionNegotiation, TurnsTheIdsRoundAndOffersOneVersionAndAReservedOne) {
  SeededEntropy entropy(1);
  const std::vector<std::byte> destination(255, std::byte{1});
  const std::vector<std::byte> source(30, std::byte{2});
  for (int i = 0; i < 100; ++i) {
    const Invariants asked{true, 0x1a2a3a4a, destination, source};

    const Datagram answer = write_version_negotiation(asked, entropy);

    const auto header = parse_invariants(answer, 0);
    ASSERT_TRUE(header && header->is_long);
    EXPECT_EQ(header->version, 0U);
    EXPECT_TRUE(std::ranges::equal(header->destination, source));
    EXPECT_TRUE(std::ranges::equal(header->source, destination));
    const auto versions = offered(answer, source.size() + destination.size());
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_EQ(versions[0] & 0x0f0f0f0f, 0x0a0a0a0aU);
    EXPECT_NE(versions[0], asked.version);
    EXPECT_EQ(versions[1], NGTCP2_PROTO_VER_V1);
  }
}

TEST(StatelessReset, IsSmallerThanWhatItAnswersAndNeverTooSmall) {
  SeededEntropy entropy(1);
  const Secrets secrets = make_secrets(entropy);
  for (std::size_t trigger = 0; trigger <= 21; ++trigger) {
    EXPECT_FALSE(write_stateless_reset(id(12, 1), trigger, secrets, entropy)) << trigger;
  }
  for (std::size_t trigger = 22; trigger < 1500; ++trigger) {
    const auto reset = write_stateless_reset(id(12, 1), trigger, secrets, entropy);
    ASSERT_TRUE(reset) << trigger;
    EXPECT_LT(reset->size(), trigger);
    EXPECT_GE(reset->size(), 21U);
    EXPECT_EQ(reset->front() & std::byte{0xc0}, std::byte{0x40});  // a short header, to all appearances
  }
}

TEST(StatelessReset, EndsWithTheTokenOfItsId) {
  SeededEntropy entropy(1);
  const Secrets secrets = make_secrets(entropy);
  const auto token = reset_token_of(id(12, 1), secrets);

  const auto reset = write_stateless_reset(id(12, 1), 100, secrets, entropy);

  ASSERT_TRUE(reset);
  EXPECT_TRUE(std::ranges::equal(Bytes(*reset).last(token.size()), token));
}

TEST(StatelessReset, HasATokenForEachIdAndSecret) {
  SeededEntropy entropy(1);
  const Secrets secrets = make_secrets(entropy);
  const Secrets others = make_secrets(entropy);

  EXPECT_EQ(reset_token_of(id(12, 1), secrets), reset_token_of(id(12, 1), secrets));
  EXPECT_NE(reset_token_of(id(12, 1), secrets), reset_token_of(id(12, 2), secrets));
  EXPECT_NE(reset_token_of(id(12, 1), secrets), reset_token_of(id(12, 1), others));
}

}  // namespace
}  // namespace torq::quic
