// SPDX-License-Identifier: MIT
// A client's talk with a UDP tracker that sends anything: the input is datagrams (a length byte, then so many bytes)
// with the right transaction ID put into those of which the first bit is set. Each question ends once.

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>

#include "fuzz/require.hpp"
#include "torq/client/udp_conversation.hpp"

namespace {

using namespace torq;

class Zeros final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte(++count_)); }

 private:
  std::uint8_t count_ = 0;
};

/// The transaction ID of the last packet that the client sends now.
void send_all(client::UdpConversation& conversation, Instant now, std::array<std::byte, 4>& transaction) {
  std::array<std::byte, wire::kUdpMaxRequest> room;
  while (const std::size_t size = conversation.next_datagram(now, room)) {
    require(size >= wire::kUdpHeaderSize && size <= room.size());
    std::copy_n(room.begin() + 12, 4, transaction.begin());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Zeros entropy;
  client::UdpConversation conversation(size % 2 == 0 ? Family::kIpv4 : Family::kIpv6, entropy);
  Instant now{};
  conversation.ask(now, 0, client::UdpAnnounceQuestion{}, now + std::chrono::hours(1));
  conversation.ask(now, 1, client::UdpScrapeQuestion(2), now + std::chrono::hours(1));
  std::set<std::uint64_t> ended;
  std::array<std::byte, 4> transaction{};
  Bytes rest = std::as_bytes(std::span(data, size));
  while (!rest.empty()) {
    send_all(conversation, now, transaction);
    const auto head = std::to_integer<std::uint8_t>(rest[0]);
    rest = rest.subspan(1);
    const Bytes piece = rest.first(std::min<std::size_t>(head & 0x7f, rest.size()));
    rest = rest.subspan(piece.size());
    std::vector<std::byte> datagram(piece.begin(), piece.end());
    if ((head & 0x80) != 0 && datagram.size() >= 8) std::ranges::copy(transaction, datagram.begin() + 4);
    conversation.handle_datagram(now, datagram);
    while (const auto answered = conversation.next_answer()) require(ended.insert(answered->number).second);
    now += std::chrono::seconds(10);
    conversation.handle_timeout(now);
  }
  conversation.handle_timeout(now + std::chrono::hours(1));
  while (const auto answered = conversation.next_answer()) require(ended.insert(answered->number).second);
  require(ended.size() == 2 && conversation.idle());
  return 0;
}
