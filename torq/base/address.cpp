// SPDX-License-Identifier: MIT
#include "torq/base/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace torq {
namespace {

constexpr std::array<std::byte, 12> kMappedPrefix = {std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                                     std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                                     std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

bool has_prefix(Bytes bytes, std::uint32_t prefix, unsigned bits) {
  std::uint32_t head = 0;
  for (const std::byte b : bytes.first(4)) head = head << 8 | std::to_integer<std::uint32_t>(b);
  return (head ^ prefix) >> (32 - bits) == 0;
}

/// Four numbers in decimal; written here because a tracker reads one with most announces, and inet_pton wants a copy.
std::optional<std::array<std::byte, 4>> parse_dotted(std::string_view text) {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    std::size_t size = 0;
    for (; size < text.size() && size < 3 && text[size] >= '0' && text[size] <= '9'; ++size) {
      value = value * 10 + static_cast<unsigned>(text[size] - '0');
    }
    // A leading zero would be octal to some.
    if (size == 0 || value > 255 || (size > 1 && text.front() == '0')) return std::nullopt;
    bytes[i] = static_cast<std::byte>(value);
    text.remove_prefix(size);
  }
  return text.empty() ? std::optional(bytes) : std::nullopt;
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::byte, 4> bytes) {
  IpAddress ip;
  std::ranges::copy(bytes, ip.bytes_.begin());
  return ip;
}

IpAddress IpAddress::v6(std::array<std::byte, 16> bytes) {
  if (std::ranges::equal(kMappedPrefix, Bytes(bytes).first(kMappedPrefix.size()))) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  IpAddress ip;
  ip.family_ = Family::kIpv6;
  ip.bytes_ = bytes;
  return ip;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes_, [](std::byte b) { return b == std::byte{0}; });
}

bool IpAddress::is_loopback() const {
  if (family_ == Family::kIpv4) return has_prefix(bytes_, 0x7f000000, 8);
  return bytes_.back() == std::byte{1} &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::byte b) { return b == std::byte{0}; });
}

bool IpAddress::is_ipv6_link_local() const { return family_ == Family::kIpv6 && has_prefix(bytes_, 0xfe800000, 10); }

bool IpAddress::is_private() const {
  if (family_ == Family::kIpv6) return has_prefix(bytes_, 0xfc000000, 7) || is_ipv6_link_local();
  return has_prefix(bytes_, 0x0a000000, 8) || has_prefix(bytes_, 0xac100000, 12) ||
         has_prefix(bytes_, 0xc0a80000, 16) || has_prefix(bytes_, 0xa9fe0000, 16) || has_prefix(bytes_, 0x64400000, 10);
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (const auto v4 = parse_dotted(text)) return IpAddress::v4(*v4);
  const std::string terminated(text);
  // inet_pton stops at NUL: "::1\0x" is not an address.
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::byte, 16> v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return IpAddress::v6(v6);
  return std::nullopt;
}

std::optional<SocketAddress> parse_socket_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = parse_ip(host);
  // Brackets and colons go together: "::1:7001" would be ambiguous.
  if (!ip || bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return SocketAddress{*ip, port};
}

std::string to_string(const IpAddress& ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(ip.family() == Family::kIpv4 ? AF_INET : AF_INET6, ip.bytes().data(), text.data(), text.size());
  return text.data();
}

std::string to_string(const SocketAddress& address) {
  const std::string ip = to_string(address.ip);
  const std::string port = std::to_string(address.port);
  return address.ip.family() == Family::kIpv4 ? ip + ":" + port : "[" + ip + "]:" + port;
}

}  // namespace torq
