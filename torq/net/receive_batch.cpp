// SPDX-License-Identifier: MIT
#include "torq/net/receive_batch.hpp"

#include <netinet/udp.h>

#include <cstring>
#include <span>

namespace torq::net {
namespace {

template <class T>
T read(const cmsghdr* header) {
  T value;
  std::memcpy(&value, CMSG_DATA(header), sizeof value);
  return value;
}

quic::Ecn ecn_of(int traffic_class) { return static_cast<quic::Ecn>(traffic_class & 3); }

IpAddress ip_of(const in_addr& address) {
  std::array<std::byte, 4> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v4(bytes);
}

IpAddress ip_of(const in6_addr& address) {
  std::array<std::byte, 16> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  return IpAddress::v6(bytes);
}

}  // namespace

ReceiveBatch::Slots::Slots() : payloads(std::make_unique_for_overwrite<std::byte[]>(kCount * kStride)) {
  for (std::size_t i = 0; i < kCount; ++i) {
    vectors[i] = {payloads.get() + i * kStride, kSlotSize};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_name = &sources[i];
    messages[i].msg_hdr.msg_control = controls[i].bytes.data();
  }
}

void ReceiveBatch::Slots::rearm() {
  for (mmsghdr& message : std::span(messages).first(used)) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    message.msg_hdr.msg_controllen = kControlSize;
  }
  used = 0;
}

ReceiveBatch::ReceiveBatch() : slots_(std::make_unique<Slots>()) {}

ReceiveBatch::~ReceiveBatch() = default;

bool ReceiveBatch::was_full() const { return slots_->used == Slots::kCount; }

Ancillary read_ancillary(const msghdr& message) {
  Ancillary found;
  auto* mutable_message = const_cast<msghdr*>(&message);  // CMSG_NXTHDR takes no const
  for (cmsghdr* header = CMSG_FIRSTHDR(mutable_message); header != nullptr;
       header = CMSG_NXTHDR(mutable_message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      found.local = ip_of(read<in_pktinfo>(header).ipi_addr);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      const auto info = read<in6_pktinfo>(header);
      found.local = ip_of(info.ipi6_addr);
      if (found.local->is_ipv6_link_local()) found.scope = info.ipi6_ifindex;
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS) {
      found.ecn = ecn_of(read<std::uint8_t>(header));
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_TCLASS) {
      found.ecn = ecn_of(read<int>(header));
    } else if (header->cmsg_level == SOL_UDP && header->cmsg_type == UDP_GRO) {
      found.segment_size = static_cast<std::size_t>(read<int>(header));
    }
  }
  return found;
}

}  // namespace torq::net
