// SPDX-License-Identifier: MIT
#pragma once
// What rapidcheck needs to make up texts, addresses and messages, for the tests of this module only.

#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

#include "torq/base/address.hpp"
#include "torq/tracker/announce.hpp"

namespace torq::wire {

inline void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xe0 | c >> 12);
    } else {
      byte(0xf0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3f));
    }
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

/// Any valid UTF-8: controls, quotes and the astral planes too, all likely.
inline rc::Gen<std::string> any_text() {
  const auto code_point = rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xd800),
      rc::gen::inRange<std::uint32_t>(0xe000, 0x110000), rc::gen::element<std::uint32_t>('"', '\\', '/', 0x7f, 0x2028));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(code_point), [](const auto& points) {
    std::string text;
    for (const std::uint32_t point : points) append_utf8(text, point);
    return text;
  });
}

inline rc::Gen<IpAddress> any_ip() {
  const auto byte = rc::gen::map(rc::gen::arbitrary<std::uint8_t>(), [](std::uint8_t b) { return std::byte{b}; });
  return rc::gen::oneOf(rc::gen::map(rc::gen::container<std::array<std::byte, 4>>(byte), &IpAddress::v4),
                        rc::gen::map(rc::gen::container<std::array<std::byte, 16>>(byte), &IpAddress::v6));
}

inline rc::Gen<SocketAddress> any_peer() {
  return rc::gen::construct<SocketAddress>(any_ip(), rc::gen::inRange<std::uint16_t>(1, 65535));
}

}  // namespace torq::wire
