// SPDX-License-Identifier: MIT
#include "apps/torq/server/x25519.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string_view>

#include "torq/base/hex.hpp"

namespace torq::app {
namespace {

using Element = std::array<unsigned char, 32>;

Element element(std::string_view hex) {
  Element bytes{};
  EXPECT_TRUE(from_hex(hex, std::as_writable_bytes(std::span(bytes)))) << hex;
  return bytes;
}

Element product(const Element& scalar, const Element& point) {
  Element result;
  result.fill(0xaa);
  nettle_curve25519_mul(result.data(), scalar.data(), point.data());
  return result;
}

// RFC 7748, 5.2
TEST(X25519, MultipliesAsTheStandardSays) {
  const auto vectors = [] {
    EXPECT_EQ(product(element("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                      element("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")),
              element("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
    EXPECT_EQ(product(element("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
                      element("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")),
              element("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
  };
  vectors();
  prepare_x25519();  // another form of it, on most processors
  vectors();
}

TEST(X25519, GivesZerosForPointsOfSmallOrder) {
  const Element scalar = element("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
  EXPECT_EQ(product(scalar, Element{}), Element{});
  EXPECT_EQ(product(scalar, Element{1}), Element{});
  EXPECT_EQ(product(scalar, element("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")), Element{});
}

}  // namespace
}  // namespace torq::app
