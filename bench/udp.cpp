// SPDX-License-Identifier: MIT
#include "bench/udp.hpp"

#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "torq/base/sockaddr.hpp"

namespace torq::bench {
namespace {

constexpr int kBufferSize = 4 * 1024 * 1024;

void must(bool worked, const char* operation) {
  if (!worked) throw std::system_error(errno, std::system_category(), operation);
}

void set_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

std::size_t segment_of(const msghdr& message) {
  auto* mutable_message = const_cast<msghdr*>(&message);  // CMSG_NXTHDR takes no const
  for (cmsghdr* header = CMSG_FIRSTHDR(mutable_message); header != nullptr;
       header = CMSG_NXTHDR(mutable_message, header)) {
    if (header->cmsg_level != SOL_UDP || header->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(header), sizeof size);
    return static_cast<std::size_t>(size);
  }
  return 0;
}

}  // namespace

Udp::Udp() : slots_(std::make_unique<Slots>()), area_(kRuns * kSlotSize) {
  slots_->payloads = std::make_unique_for_overwrite<std::byte[]>(kBatch * kStride);
  for (std::size_t i = 0; i < kBatch; ++i) {
    slots_->vectors[i] = {slots_->payloads.get() + i * kStride, kSlotSize};
    msghdr& header = slots_->messages[i].msg_hdr;
    header.msg_iov = &slots_->vectors[i];
    header.msg_iovlen = 1;
    header.msg_name = &slots_->sources[i];
    header.msg_control = slots_->controls[i].bytes.data();
  }
}

Udp::~Udp() {
  for (const pollfd& socket : polled_) close(socket.fd);
}

Udp Udp::listener(const SocketAddress& address) {
  Udp udp;
  udp.add(address, false);
  return udp;
}

Udp Udp::client(const SocketAddress& peer, std::size_t sockets) {
  Udp udp;
  while (udp.size() < sockets) udp.add(peer, true);
  return udp;
}

void Udp::add(const SocketAddress& address, bool connects) {
  const SockAddr native(address);
  const int fd = ::socket(native.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  polled_.push_back({fd, POLLIN, 0});
  set_option(fd, SOL_SOCKET, SO_RCVBUF, kBufferSize);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, kBufferSize);
  set_option(fd, SOL_UDP, UDP_GRO, 1);
  if (connects) must(::connect(fd, native.data(), native.size()) == 0, "connect");
  if (!connects) must(::bind(fd, native.data(), native.size()) == 0, "bind");
  sockaddr_in6 own{};
  socklen_t size = sizeof own;
  must(getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0, "getsockname");
  own_.push_back(own);
}

void Udp::wait(Duration patience) {
  const Duration::rep left = std::max<Duration::rep>(patience.count(), 0);
  const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
}

void Udp::receive(const Deliver& deliver) {
  for (std::size_t socket = 0; socket < polled_.size(); ++socket) {
    if ((polled_[socket].revents & POLLIN) == 0) continue;
    for (mmsghdr& message : slots_->messages) {
      message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
      message.msg_hdr.msg_controllen = sizeof(Slots::Control);
    }
    const int count = recvmmsg(polled_[socket].fd, slots_->messages.data(), kBatch, 0, nullptr);
    for (int i = 0; i < count; ++i) deliver_one(socket, slots_->messages[static_cast<std::size_t>(i)], deliver);
  }
}

void Udp::deliver_one(std::size_t socket, const mmsghdr& message, const Deliver& deliver) {
  const msghdr& header = message.msg_hdr;
  Bytes rest(static_cast<const std::byte*>(header.msg_iov->iov_base), message.msg_len);
  const std::size_t merged = segment_of(header);
  const std::size_t segment = merged > 0 ? merged : std::max<std::size_t>(rest.size(), 1);
  while (!rest.empty()) {
    const Bytes datagram = rest.first(std::min(segment, rest.size()));
    deliver(socket, {static_cast<const sockaddr*>(header.msg_name), header.msg_namelen, datagram});
    rest = rest.subspan(datagram.size());
  }
}

std::span<std::uint8_t> Udp::space() {
  if (area_.size() - used_ < kSlotSize || runs_.size() + kRunsPerSpace > kRuns) flush();
  return std::span(area_).subspan(used_, kSlotSize);
}

void Udp::queue(std::size_t socket, const sockaddr* to, socklen_t to_size, std::size_t size, std::size_t segment) {
  runs_.push_back({socket, to, to_size, used_, size, segment});
  used_ += size;
}

void Udp::flush() {
  for (std::size_t begin = 0; begin < runs_.size();) {
    std::size_t end = begin + 1;
    while (end < runs_.size() && runs_[end].socket == runs_[begin].socket) ++end;
    send(std::span(runs_).subspan(begin, end - begin));
    begin = end;
  }
  runs_.clear();
  used_ = 0;
}

// A full buffer is waited for: a floor has nothing better to do, and a load must not send less than it says.
void Udp::send(std::span<const Run> runs) {
  std::array<mmsghdr, kRuns> messages{};
  std::array<iovec, kRuns> vectors;
  std::array<Slots::Control, kRuns> controls;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Run& run = runs[i];
    msghdr& header = messages[i].msg_hdr;
    vectors[i] = {area_.data() + run.offset, run.size};
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    header.msg_name = const_cast<sockaddr*>(run.to);
    header.msg_namelen = run.to == nullptr ? 0 : run.to_size;
    if (run.size <= run.segment) continue;
    header.msg_control = controls[i].bytes.data();
    header.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment = static_cast<std::uint16_t>(run.segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  const int fd = polled_[runs.front().socket].fd;
  for (std::size_t done = 0; done < runs.size();) {
    const int sent = sendmmsg(fd, messages.data() + done, static_cast<unsigned>(runs.size() - done), 0);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      pollfd full{fd, POLLOUT, 0};
      poll(&full, 1, -1);
    } else {
      ++done;  // refused: lost, as any datagram may be
    }
  }
}

}  // namespace torq::bench
