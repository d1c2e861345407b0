// SPDX-License-Identifier: MIT
#pragma once
// Protects QUIC Initial packets as a client does (RFC 9001 5.2): their keys follow from the destination ID in their
// header, so anyone can make them. That carries a fuzzer's bytes past the first decryption, to the frames.

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "require.hpp"
#include "torq/base/bytes.hpp"

namespace torq::fuzz {

struct InitialPacket {
  Bytes destination;  ///< at most 20 bytes
  Bytes source;       ///< at most 20 bytes
  Bytes token;
  std::uint32_t number = 0;
  Bytes frames;  ///< cut to what a datagram of 1200 bytes holds, padded to it
};

class InitialProtection {
 public:
  explicit InitialProtection(Bytes destination) {
    constexpr std::array<unsigned char, 20> kSalt = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                                     0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    std::array<unsigned char, 32> common{};
    const gnutls_datum_t salt = datum(kSalt.data(), kSalt.size());
    const gnutls_datum_t id = datum(destination.data(), destination.size());
    require(gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &id, &salt, common.data()) == 0);
    const auto secret = expand<32>(common, "client in");
    key_ = expand<16>(secret, "quic key");
    iv_ = expand<12>(secret, "quic iv");
    header_key_ = expand<16>(secret, "quic hp");
  }

  /// `packet` is a header that ends with a packet number of four bytes, then the frames; the tag is appended.
  void protect(std::vector<unsigned char>& packet, std::size_t header_size, std::uint32_t number) const {
    constexpr std::size_t kNumberSize = 4;
    constexpr std::size_t kTagSize = 16;
    auto nonce = iv_;
    for (std::size_t i = 0; i < kNumberSize; ++i) nonce[8 + i] ^= static_cast<unsigned char>(number >> (24 - 8 * i));
    const std::vector<unsigned char> plain(packet.begin() + static_cast<std::ptrdiff_t>(header_size), packet.end());
    packet.resize(packet.size() + kTagSize);
    std::size_t size = plain.size() + kTagSize;
    gnutls_aead_cipher_hd_t aead = nullptr;
    const gnutls_datum_t key = datum(key_.data(), key_.size());
    require(gnutls_aead_cipher_init(&aead, GNUTLS_CIPHER_AES_128_GCM, &key) == 0);
    require(gnutls_aead_cipher_encrypt(aead, nonce.data(), nonce.size(), packet.data(), header_size, kTagSize,
                                       plain.data(), plain.size(), packet.data() + header_size, &size) == 0);
    gnutls_aead_cipher_deinit(aead);
    const auto mask = header_mask(packet.data() + header_size);
    packet[0] ^= mask[0] & 0x0f;
    for (std::size_t i = 0; i < kNumberSize; ++i) {
      auto& byte = packet[header_size - kNumberSize + i];
      byte = static_cast<unsigned char>(byte ^ mask[1 + i]);
    }
  }

 private:
  static gnutls_datum_t datum(const void* data, std::size_t size) {
    return {static_cast<unsigned char*>(const_cast<void*>(data)), static_cast<unsigned>(size)};
  }

  // HKDF-Expand-Label of TLS 1.3 (RFC 8446 7.1) without a context.
  template <std::size_t Size>
  static std::array<unsigned char, Size> expand(const std::array<unsigned char, 32>& secret, std::string_view label) {
    std::string info{'\0', static_cast<char>(Size), static_cast<char>(6 + label.size())};
    info += "tls13 ";
    info += label;
    info.push_back('\0');
    std::array<unsigned char, Size> out{};
    const gnutls_datum_t prk = datum(secret.data(), secret.size());
    const gnutls_datum_t data = datum(info.data(), info.size());
    require(gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk, &data, out.data(), out.size()) == 0);
    return out;
  }

  // One block of AES: CBC with a zero vector is that, and GnuTLS has no ECB.
  std::array<unsigned char, 16> header_mask(const unsigned char* sample) const {
    std::array<unsigned char, 16> zeros{};
    std::array<unsigned char, 16> out{};
    gnutls_cipher_hd_t cipher = nullptr;
    const gnutls_datum_t key = datum(header_key_.data(), header_key_.size());
    const gnutls_datum_t iv = datum(zeros.data(), zeros.size());
    require(gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_128_CBC, &key, &iv) == 0);
    require(gnutls_cipher_encrypt2(cipher, sample, out.size(), out.data(), out.size()) == 0);
    gnutls_cipher_deinit(cipher);
    return out;
  }

  std::array<unsigned char, 16> key_{};
  std::array<unsigned char, 12> iv_{};
  std::array<unsigned char, 16> header_key_{};
};

/// A whole datagram.
inline std::vector<std::byte> make_initial(const InitialPacket& initial) {
  constexpr std::size_t kDatagramSize = 1200;
  constexpr std::size_t kTagSize = 16;
  std::vector<unsigned char> packet = {0xc3, 0, 0, 0, 1};
  const auto append = [&](Bytes bytes) {
    for (const std::byte b : bytes) packet.push_back(std::to_integer<unsigned char>(b));
  };
  const auto append_length = [&](std::size_t length) {  // a variable-length integer of two bytes (RFC 9000 16)
    packet.push_back(static_cast<unsigned char>(0x40 | length >> 8));
    packet.push_back(static_cast<unsigned char>(length));
  };
  packet.push_back(static_cast<unsigned char>(initial.destination.size()));
  append(initial.destination);
  packet.push_back(static_cast<unsigned char>(initial.source.size()));
  append(initial.source);
  append_length(initial.token.size());
  append(initial.token);
  append_length(kDatagramSize - packet.size() - 2);
  for (int shift = 24; shift >= 0; shift -= 8) packet.push_back(static_cast<unsigned char>(initial.number >> shift));
  const std::size_t header_size = packet.size();
  append(initial.frames.first(std::min(initial.frames.size(), kDatagramSize - kTagSize - header_size)));
  packet.resize(kDatagramSize - kTagSize);
  InitialProtection(initial.destination).protect(packet, header_size, initial.number);
  const Bytes whole = std::as_bytes(std::span(packet));
  return {whole.begin(), whole.end()};
}

}  // namespace torq::fuzz
