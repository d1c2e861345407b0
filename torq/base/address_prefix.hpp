// SPDX-License-Identifier: MIT
#pragma once
// A block of IP addresses, `192.0.2.0/24`: what a limit counts together, and what a setting names. Pure values.

#include <optional>
#include <string>
#include <string_view>

#include "torq/base/address.hpp"

namespace torq {

struct AddressPrefix {
  IpAddress base;     ///< all bits beyond `bits` are 0
  unsigned bits = 0;  ///< 0..32 or 0..128

  bool contains(const IpAddress& ip) const;
  auto operator<=>(const AddressPrefix&) const = default;
};

/// The block of that many bits (at most the address's own) that `ip` lies in.
AddressPrefix prefix_of(const IpAddress& ip, unsigned bits);

/// What one customer of a network has, as a rule: an IPv4 address, an IPv6 /56. What limits per prefix count together.
AddressPrefix customer_of(const IpAddress& ip);

/// `192.0.2.0/24`, or an address alone, which is a block of one. Nothing for other texts, nor for a base with bits
/// beyond the length.
std::optional<AddressPrefix> parse_address_prefix(std::string_view text);

/// Without the length for a block of one.
std::string to_string(const AddressPrefix& prefix);

}  // namespace torq
