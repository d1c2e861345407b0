// SPDX-License-Identifier: MIT
#include "torq/quic/post_handshake.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace torq::quic {
namespace {

using Message = std::vector<std::byte>;

Message ticket(std::size_t body) {
  Message message{std::byte{4}, std::byte{0}, static_cast<std::byte>(body >> 8), static_cast<std::byte>(body & 0xff)};
  message.resize(message.size() + body, std::byte{24});  // what would be a KeyUpdate, were it at the beginning
  return message;
}

Message key_update() { return {std::byte{24}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0}}; }

Message joined(Message first, const Message& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool admits_in_pieces(const Message& all, std::size_t piece) {
  PostHandshake post;
  for (Bytes rest = all; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
    if (!post.admits_from_server(rest.first(std::min(piece, rest.size())))) return false;
  }
  return true;
}

TEST(PostHandshake, AdmitsTicketsInAnyPieces) {
  const Message tickets = joined(ticket(300), joined(ticket(0), ticket(17)));

  for (std::size_t piece = 1; piece <= tickets.size(); ++piece) EXPECT_TRUE(admits_in_pieces(tickets, piece)) << piece;
}

TEST(PostHandshake, RefusesAKeyUpdateWhereverItStands) {
  const Message behind = joined(ticket(300), key_update());

  EXPECT_FALSE(admits_in_pieces(key_update(), 1));
  EXPECT_FALSE(admits_in_pieces(key_update(), 5));
  for (std::size_t piece = 1; piece <= behind.size(); ++piece) EXPECT_FALSE(admits_in_pieces(behind, piece)) << piece;
}

}  // namespace
}  // namespace torq::quic
