// SPDX-License-Identifier: MIT
#include "torq/files/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

#include "torq/base/hex.hpp"

namespace torq::files {
namespace {

std::string digest_of(std::string_view text) {
  Sha256 hash;
  hash.update(as_bytes(text));
  return to_hex(hash.digest());
}

// FIPS 180-4 examples, NIST CAVP SHA256ShortMsg (the empty message).
TEST(Sha256, MatchesPublishedDigests) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  Sha256 hash;
  for (const char* piece : {"a", "", "b", "c"}) hash.update(as_bytes(piece));

  EXPECT_EQ(to_hex(hash.digest()), digest_of("abc"));
}

TEST(Sha256, StartsAfreshAfterADigest) {
  Sha256 hash;
  hash.update(as_bytes("something else"));
  hash.digest();

  hash.update(as_bytes("abc"));

  EXPECT_EQ(to_hex(hash.digest()), digest_of("abc"));
}

}  // namespace
}  // namespace torq::files
