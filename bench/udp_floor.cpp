// SPDX-License-Identifier: MIT
// torq-udp-floor: what the kernel leaves for a UDP tracker. Answers each datagram in the shape of BEP 15, with 30 peers
// and without reading more than its header. usage: torq-udp-floor ADDRESS:PORT
#include <cstring>
#include <iostream>
#include <stdexcept>

#include "bench/udp.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::bench {
namespace {

constexpr std::size_t kAnnounceReply = 20 + 30 * 6;

std::size_t answer(Bytes request, std::span<std::byte> out) {
  const auto header = wire::parse_udp_header(request);
  if (!header) return 0;
  if (header->action == wire::UdpAction::kConnect) return wire::encode_udp_connect_reply(out, header->transaction, {});
  std::memcpy(out.data(), request.data() + 8, 8);
  return kAnnounceReply;
}

[[noreturn]] void serve(const SocketAddress& address) {
  Udp udp = Udp::listener(address);
  std::vector<sockaddr_in6> sources(1024);  // they stay until flush()
  for (;;) {
    udp.wait(std::chrono::seconds(1));
    std::size_t count = 0;
    udp.receive([&](std::size_t socket, const Received& received) {
      if (count == sources.size()) return;
      const std::size_t size = answer(received.bytes, std::as_writable_bytes(udp.space()));
      if (size == 0) return;
      std::memcpy(&sources[count], received.source, received.source_size);
      udp.queue(socket, reinterpret_cast<const sockaddr*>(&sources[count++]), received.source_size, size, size);
    });
    udp.flush();
  }
}

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  const auto address = argc == 2 ? torq::parse_socket_address(argv[1]) : std::nullopt;
  if (!address) {
    std::cerr << "usage: torq-udp-floor ADDRESS:PORT\n";
    return 2;
  }
  try {
    torq::bench::serve(*address);
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
