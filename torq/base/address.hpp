// SPDX-License-Identifier: MIT
#pragma once
// IP addresses and UDP/TCP socket addresses as plain values, without the kernel's structs. (What other texts call an
// "endpoint"; that word is QUIC's here.) An IPv4 address mapped into IPv6 is always held as IPv4.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "torq/base/bytes.hpp"

namespace torq {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0

  static IpAddress v4(std::array<std::byte, 4> bytes);
  /// Turns an IPv4-mapped address (::ffff:a.b.c.d) into the IPv4 address that it stands for.
  static IpAddress v6(std::array<std::byte, 16> bytes);

  Family family() const { return family_; }
  /// Network byte order; 4 or 16 bytes.
  Bytes bytes() const { return Bytes(bytes_).first(family_ == Family::kIpv4 ? 4 : 16); }

  bool is_unspecified() const;
  bool is_loopback() const;
  /// fe80::/10 (RFC 4291 2.5.6): means something on one link only. IPv4's 169.254.0.0/16 needs no scope.
  bool is_ipv6_link_local() const;
  /// RFC 1918, RFC 6598 (shared), link-local, and unique local (RFC 4193). Not loopback.
  bool is_private() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  Family family_ = Family::kIpv4;
  std::array<std::byte, 16> bytes_{};
};

struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;
  /// The index of the interface on whose link an IPv6 link-local `ip` is meant (RFC 4007); 0 with every other address.
  std::uint32_t scope = 0;

  auto operator<=>(const SocketAddress&) const = default;
};

/// A literal IPv4 or IPv6 address without brackets, zone or prefix length; nothing for any other text.
std::optional<IpAddress> parse_ip(std::string_view text);

/// `192.0.2.1:7001` or `[2001:db8::1]:7001`; the port is 0..65535 in decimal. Nothing for any other text.
std::optional<SocketAddress> parse_socket_address(std::string_view text);

std::string to_string(const IpAddress& ip);
/// IPv6 in brackets; a scope is not shown.
std::string to_string(const SocketAddress& address);

}  // namespace torq
