// SPDX-License-Identifier: MIT
#include "torq/quic/stateless.hpp"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>

#include "torq/quic/native.hpp"

namespace torq::quic {
namespace {

constexpr std::size_t kDatagramSize = 1200;
constexpr ngtcp2_duration kRetryTokenLifetime = 10 * NGTCP2_SECONDS;
constexpr ngtcp2_duration kAddressTokenLifetime = 24 * 3600 * NGTCP2_SECONDS;

// Lets `write` fill a buffer and keeps what it says it wrote; empty if it failed.
template <class Write>
Datagram written_by(Write write) {
  Datagram datagram(kDatagramSize);
  const ngtcp2_ssize size = write(reinterpret_cast<std::uint8_t*>(datagram.data()), datagram.size());
  datagram.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return datagram;
}

ngtcp2_tstamp to_timestamp(TokenTime at) { return static_cast<ngtcp2_tstamp>(at); }

TokenCheck check_retry_token(TokenTime now, const ngtcp2_pkt_hd& initial, const SockAddr& client,
                             const TicketKeys& keys) {
  ngtcp2_cid original;
  const int rv = ngtcp2_crypto_verify_retry_token2(&original, initial.token, initial.tokenlen, to_native(keys.token),
                                                   keys.token.size(), initial.version, client.data(), client.size(),
                                                   &initial.dcid, kRetryTokenLifetime, to_timestamp(now));
  if (rv == 0) return {TokenVerdict::kRetried, from_cid(original)};
  return rv == NGTCP2_CRYPTO_ERR_UNREADABLE_TOKEN ? TokenCheck{} : TokenCheck{TokenVerdict::kInvalid, {}};
}

TokenCheck check_address_token(TokenTime now, const ngtcp2_pkt_hd& initial, const SockAddr& client,
                               const TicketKeys& keys) {
  const int rv =
      ngtcp2_crypto_verify_regular_token(initial.token, initial.tokenlen, to_native(keys.token), keys.token.size(),
                                         client.data(), client.size(), kAddressTokenLifetime, to_timestamp(now));
  return rv == 0 ? TokenCheck{TokenVerdict::kKnown, {}} : TokenCheck{};
}

}  // namespace

TicketKeys make_ticket_keys(Entropy& entropy) {
  TicketKeys keys;
  entropy.fill(keys.ticket);
  entropy.fill(keys.token);
  return keys;
}

Secrets make_secrets(Entropy& entropy) {
  Secrets secrets;
  secrets.current = make_ticket_keys(entropy);
  entropy.fill(secrets.reset);
  return secrets;
}

Datagram write_version_negotiation(const Invariants& asked, Entropy& entropy) {
  // A reserved version, 0x?a?a?a?a, beside the real one keeps clients honest about versions that they do not know (RFC
  // 9000 6.3). It must not be the one that was asked for, which would look like a mistake of ours.
  std::array<std::byte, 5> drawn;
  std::uint32_t reserved = asked.version;
  while (reserved == asked.version) {
    entropy.fill(drawn);
    reserved = 0;
    for (const std::byte b : std::span(drawn).first(4)) {
      reserved = reserved << 8 | std::to_integer<std::uint32_t>((b & std::byte{0xf0}) | std::byte{0x0a});
    }
  }
  const std::array<std::uint32_t, 2> versions = {reserved, NGTCP2_PROTO_VER_V1};
  return written_by([&](std::uint8_t* out, std::size_t size) {
    return ngtcp2_pkt_write_version_negotiation(
        out, size, std::to_integer<std::uint8_t>(drawn[4]), to_native(asked.source), asked.source.size(),
        to_native(asked.destination), asked.destination.size(), versions.data(), versions.size());
  });
}

Datagram write_retry(TokenTime now, const ngtcp2_pkt_hd& initial, const Path& path, const ConnectionId& new_source,
                     const Secrets& secrets) {
  const NativePath native(path);
  const ngtcp2_cid source = to_cid(new_source);
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2> token;
  const ngtcp2_ssize token_size = ngtcp2_crypto_generate_retry_token2(
      token.data(), to_native(secrets.current.token), secrets.current.token.size(), initial.version,
      native.remote().data(), native.remote().size(), &source, &initial.dcid, to_timestamp(now));
  if (token_size < 0) return {};
  return written_by([&](std::uint8_t* out, std::size_t size) {
    return ngtcp2_crypto_write_retry(out, size, initial.version, &initial.scid, &source, &initial.dcid, token.data(),
                                     static_cast<std::size_t>(token_size));
  });
}

Datagram make_address_token(TokenTime now, const SocketAddress& client, const Secrets& secrets) {
  const SockAddr address(client);
  Datagram token(NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN);
  const ngtcp2_ssize size = ngtcp2_crypto_generate_regular_token(
      reinterpret_cast<std::uint8_t*>(token.data()), to_native(secrets.current.token), secrets.current.token.size(),
      address.data(), address.size(), to_timestamp(now));
  token.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return token;
}

// The first byte says which kind a token claims to be; the keys of the two kinds are derived differently.
TokenCheck check_token(TokenTime now, const ngtcp2_pkt_hd& initial, const Path& path, const Secrets& secrets) {
  if (initial.tokenlen == 0) return {};
  const SockAddr client(path.remote);
  const auto check = [&](const TicketKeys& keys) -> TokenCheck {
    switch (initial.token[0]) {
      case NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2:
        return check_retry_token(now, initial, client, keys);
      case NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR:
        return check_address_token(now, initial, client, keys);
      default:
        return {};
    }
  };
  const TokenCheck result = check(secrets.current);
  return result.verdict == TokenVerdict::kNone && secrets.previous ? check(*secrets.previous) : result;
}

Datagram write_refusal(const ngtcp2_pkt_hd& initial, std::uint64_t code) {
  return written_by([&](std::uint8_t* out, std::size_t size) {
    return ngtcp2_crypto_write_connection_close(out, size, initial.version, &initial.scid, &initial.dcid, code, nullptr,
                                                0);
  });
}

std::optional<Datagram> write_stateless_reset(const ConnectionId& id, std::size_t trigger_size, const Secrets& secrets,
                                              Entropy& entropy) {
  // Smaller than its trigger, or two endpoints without state would reset each other for ever (RFC 9000 10.3.3); and not
  // so small that it looks like no QUIC packet.
  constexpr std::size_t kSmallest = NGTCP2_MIN_STATELESS_RESET_RANDLEN + NGTCP2_STATELESS_RESET_TOKENLEN;
  constexpr std::size_t kUsual = 40;
  if (trigger_size <= kSmallest) return std::nullopt;
  std::array<std::byte, kUsual> noise;
  const auto used = std::span(noise).first(std::min(trigger_size - 1, kUsual) - NGTCP2_STATELESS_RESET_TOKENLEN);
  entropy.fill(used);
  const auto token = reset_token_of(id, secrets);
  return written_by([&](std::uint8_t* out, std::size_t size) {
    return ngtcp2_pkt_write_stateless_reset(out, size, to_native(token), to_native(used), used.size());
  });
}

std::array<std::byte, 16> reset_token_of(const ConnectionId& id, const Secrets& secrets) {
  std::array<std::byte, 16> token{};
  const ngtcp2_cid cid = to_cid(id);
  ngtcp2_crypto_generate_stateless_reset_token(reinterpret_cast<std::uint8_t*>(token.data()), to_native(secrets.reset),
                                               secrets.reset.size(), &cid);
  return token;
}

}  // namespace torq::quic
