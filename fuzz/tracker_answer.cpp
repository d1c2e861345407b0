// SPDX-License-Identifier: MIT
// Any bytes as what a tracker answers over HTTP to an announce and to a scrape.

#include <array>
#include <cstdint>
#include <span>

#include "fuzz/require.hpp"
#include "torq/wire/tracker_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace torq;
  constexpr std::size_t kMost = 100;
  const Bytes answer = std::as_bytes(std::span(data, size));

  const auto announced = wire::parse_bencoded_announce(answer, kMost);
  if (announced) {
    require(announced->reply.peers.size() <= kMost && announced->reply.interval.count() >= 0);
    for (const SocketAddress& peer : announced->reply.peers) require(peer.port != 0);
  }

  std::array<InfoHash, 2> asked{};
  asked[1].bytes.fill(std::byte{'a'});
  const auto scraped = wire::parse_bencoded_scrape(answer, asked);
  require(!scraped || scraped->size() == asked.size());
  return 0;
}
