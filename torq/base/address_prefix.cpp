// SPDX-License-Identifier: MIT
#include "torq/base/address_prefix.hpp"

#include <algorithm>
#include <charconv>

namespace torq {
namespace {

unsigned full_length(const IpAddress& ip) { return ip.family() == Family::kIpv4 ? 32 : 128; }

}  // namespace

bool AddressPrefix::contains(const IpAddress& ip) const {
  return ip.family() == base.family() && prefix_of(ip, bits).base == base;
}

AddressPrefix prefix_of(const IpAddress& ip, unsigned bits) {
  std::array<std::byte, 16> bytes{};
  std::ranges::copy(ip.bytes(), bytes.begin());
  bits = std::min(bits, full_length(ip));
  for (unsigned i = 0; i < ip.bytes().size(); ++i) {
    const unsigned kept = std::clamp(bits, 8 * i, 8 * i + 8) - 8 * i;
    bytes[i] &= static_cast<std::byte>(0xff00U >> kept);
  }
  if (ip.family() == Family::kIpv6) return {IpAddress::v6(bytes), bits};
  return {IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}), bits};
}

AddressPrefix customer_of(const IpAddress& ip) {
  constexpr unsigned kIpv6Bits = 56;
  return prefix_of(ip, ip.family() == Family::kIpv4 ? full_length(ip) : kIpv6Bits);
}

std::optional<AddressPrefix> parse_address_prefix(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto ip = parse_ip(text.substr(0, slash));
  if (!ip) return std::nullopt;
  unsigned bits = full_length(*ip);
  if (slash < text.size()) {
    const std::string_view length = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (error != std::errc() || end != length.data() + length.size() || bits > full_length(*ip)) return std::nullopt;
  }
  const AddressPrefix prefix = prefix_of(*ip, bits);
  if (prefix.base != *ip) return std::nullopt;
  return prefix;
}

std::string to_string(const AddressPrefix& prefix) {
  const std::string base = to_string(prefix.base);
  return prefix.bits == full_length(prefix.base) ? base : base + "/" + std::to_string(prefix.bits);
}

}  // namespace torq
