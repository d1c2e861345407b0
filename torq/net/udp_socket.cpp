// SPDX-License-Identifier: MIT
#include "torq/net/udp_socket.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "torq/base/sockaddr.hpp"
#include "torq/net/receive_batch.hpp"

namespace torq::net {
namespace {

// The default holds some 90 first datagrams of clients; the kernel clamps to net.core.rmem_max.
constexpr int kBufferSize = 4 * 1024 * 1024;
constexpr std::size_t kSendBatch = 64;
constexpr std::size_t kRefusalsPerCall = 64;

std::error_code last_error() { return {errno, std::system_category()}; }

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Control messages of one sendmsg: source address, ECN, segment size.
class Control {
 public:
  void clear() { used_ = 0; }
  template <class T>
  void add(int level, int type, const T& value) {
    auto* header = reinterpret_cast<cmsghdr*>(space_.data() + used_);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof value);
    std::memset(CMSG_DATA(header), 0, CMSG_SPACE(sizeof value) - CMSG_LEN(0));
    std::memcpy(CMSG_DATA(header), &value, sizeof value);
    used_ += CMSG_SPACE(sizeof value);
  }
  void add_source(const SocketAddress& source) {
    const IpAddress& ip = source.ip;
    if (ip.family() == Family::kIpv4) {
      in_pktinfo info{};
      std::memcpy(&info.ipi_spec_dst, ip.bytes().data(), ip.bytes().size());
      add(IPPROTO_IP, IP_PKTINFO, info);
    } else {
      in6_pktinfo info{};
      std::memcpy(&info.ipi6_addr, ip.bytes().data(), ip.bytes().size());
      info.ipi6_ifindex = source.scope;
      add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
  }
  void add_ecn(Family family, quic::Ecn ecn) {
    const int value = static_cast<int>(ecn);
    if (family == Family::kIpv4) add(IPPROTO_IP, IP_TOS, value);
    if (family == Family::kIpv6) add(IPPROTO_IPV6, IPV6_TCLASS, value);
  }
  void attach_to(msghdr& message) {
    message.msg_control = used_ > 0 ? space_.data() : nullptr;
    message.msg_controllen = used_;
  }

 private:
  alignas(cmsghdr) std::array<std::byte, 128> space_;  // no more of it is told to the kernel than was written
  std::size_t used_ = 0;
};

// A message and everything that it points to; must not move once made.
struct Message {
  SockAddr destination;
  iovec vector{};
  Control control;

  void fill(msghdr& header, const quic::Transmit& transmit, Bytes bytes, bool wildcard) {
    destination = SockAddr(transmit.path.remote);
    vector = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    header = {};
    header.msg_name = destination.data();
    header.msg_namelen = destination.size();
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    control.clear();
    if (wildcard && !transmit.path.local.ip.is_unspecified()) control.add_source(transmit.path.local);
    if (transmit.ecn != quic::Ecn::kNone) control.add_ecn(transmit.path.remote.ip.family(), transmit.ecn);
    if (bytes.size() > transmit.segment_size) {
      control.add(SOL_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(transmit.segment_size));
    }
    control.attach_to(header);
  }
};

// Of what the error queue holds: too large datagrams and unreachable networks are there, too.
bool is_refusal(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    const bool ipv4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
    const bool ipv6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
    if (!ipv4 && !ipv6) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(header), sizeof error);
    return error.ee_errno == ECONNREFUSED;
  }
  return false;
}

}  // namespace

std::string SocketError::text() const {
  return "cannot " + operation + " " + to_string(address) + ": " + code.message();
}

Result<UdpSocket, SocketError> UdpSocket::bind(const SocketAddress& address, Port port) {
  SockAddr native(address);
  UdpSocket opened(::socket(native.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), address);
  if (opened.fd_ < 0) return Failure(SocketError{"open a UDP socket for", address, last_error()});
  if (const auto error = opened.configure()) return Failure(SocketError{"set options for", address, error});
  if (port == Port::kShared && opened.share_port())
    return Failure(SocketError{"share the port of", address, last_error()});
  if (::bind(opened.fd_, native.data(), native.size()) != 0) return Failure(SocketError{"bind", address, last_error()});
  socklen_t size = native.size();
  getsockname(opened.fd_, native.data(), &size);
  opened.address_ = from_sockaddr(native.data());
  return opened;
}

Result<UdpSocket, SocketError> UdpSocket::open_for_client(Family family) {
  const IpAddress wildcard = family == Family::kIpv4 ? IpAddress() : IpAddress::v6({});
  auto opened = bind({wildcard, 0}, Port::kOwn);
  if (!opened) return opened;
  opened->tells_local_ = false;
  opened->tells_refusals_ = family == Family::kIpv4 ? set_option(opened->fd_, IPPROTO_IP, IP_RECVERR, 1)
                                                    : set_option(opened->fd_, IPPROTO_IPV6, IPV6_RECVERR, 1);
  return opened;
}

std::error_code UdpSocket::configure() const {
  set_option(fd_, SOL_SOCKET, SO_RCVBUF, kBufferSize);
  set_option(fd_, SOL_SOCKET, SO_SNDBUF, kBufferSize);
  set_option(fd_, SOL_UDP, UDP_GRO, 1);
  const int tells_local = address_.ip.is_unspecified();  // else it is known, and saying it costs time for each datagram
  if (address_.ip.family() == Family::kIpv4) {
    const bool ok = set_option(fd_, IPPROTO_IP, IP_PKTINFO, tells_local) &&
                    set_option(fd_, IPPROTO_IP, IP_RECVTOS, 1) &&
                    set_option(fd_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    return ok ? std::error_code() : last_error();
  }
  const bool ok = set_option(fd_, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
                  set_option(fd_, IPPROTO_IPV6, IPV6_RECVPKTINFO, tells_local) &&
                  set_option(fd_, IPPROTO_IPV6, IPV6_RECVTCLASS, 1) &&
                  set_option(fd_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  return ok ? std::error_code() : last_error();
}

UdpSocket::UdpSocket(int fd, const SocketAddress& address)
    : fd_(fd),
      address_(address),
      calls_{[](int socket, mmsghdr* messages, unsigned count, int flags) {
               return ::sendmmsg(socket, messages, count, flags);
             },
             [](int socket, const msghdr* message, int flags) -> long { return ::sendmsg(socket, message, flags); }} {}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(other.address_),
      calls_(other.calls_),
      tells_local_(other.tells_local_),
      tells_refusals_(other.tells_refusals_),
      segmentation_(other.segmentation_) {}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  std::swap(calls_, other.calls_);
  std::swap(tells_local_, other.tells_local_);
  std::swap(tells_refusals_, other.tells_refusals_);
  std::swap(segmentation_, other.segmentation_);
  return *this;
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

std::error_code UdpSocket::share_port() {
  return set_option(fd_, SOL_SOCKET, SO_REUSEPORT, 1) ? std::error_code() : last_error();
}

bool UdpSocket::serves(const SocketAddress& local) const {
  return address_.port == local.port && address_.ip.family() == local.ip.family() &&
         (address_.ip == local.ip || address_.ip.is_unspecified());
}

std::size_t UdpSocket::receive(ReceiveBatch& batch, const Deliver& deliver) {
  ReceiveBatch::Slots& slots = *batch.slots_;
  slots.rearm();
  const int count = recvmmsg(fd_, slots.messages.data(), ReceiveBatch::Slots::kCount, 0, nullptr);
  slots.used = count > 0 ? static_cast<unsigned>(count) : 0;
  std::size_t datagrams = 0;
  for (std::size_t i = 0; i < slots.used; ++i) {
    const mmsghdr& message = slots.messages[i];
    if (message.msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) continue;
    const Ancillary ancillary = read_ancillary(message.msg_hdr);
    const SocketAddress local =
        tells_local_ && ancillary.local ? SocketAddress{*ancillary.local, address_.port, ancillary.scope} : address_;
    const quic::Path path{local, from_sockaddr(reinterpret_cast<const sockaddr*>(&slots.sources[i]))};
    Bytes rest(static_cast<const std::byte*>(slots.vectors[i].iov_base), message.msg_len);
    const std::size_t segment =
        ancillary.segment_size > 0 ? ancillary.segment_size : std::max(rest.size(), std::size_t{1});
    do {
      const Bytes datagram = rest.first(std::min(segment, rest.size()));
      deliver(path, ancillary.ecn, datagram);
      rest = rest.subspan(datagram.size());
      ++datagrams;
    } while (!rest.empty());
  }
  return datagrams;
}

void UdpSocket::take_refusals(const Refused& refused) {
  if (!tells_refusals_) return;
  bool more = true;
  for (std::size_t i = 0; more && i < kRefusalsPerCall; ++i) {
    sockaddr_in6 destination{};  // of the datagram that this is about
    alignas(cmsghdr) std::array<std::byte, 512> control;
    msghdr message{};
    message.msg_name = &destination;
    message.msg_namelen = sizeof destination;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    more = recvmsg(fd_, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
    if (more && is_refusal(message)) refused(from_sockaddr(reinterpret_cast<const sockaddr*>(&destination)));
  }
}

std::size_t UdpSocket::send(std::span<const Outgoing> runs) {
  std::array<mmsghdr, kSendBatch> headers;
  std::array<Message, kSendBatch> messages;
  std::size_t done = 0;
  std::size_t told_at = runs.size();
  while (done < runs.size()) {
    if (!segmentation_ && runs[done].bytes.size() > runs[done].transmit.segment_size) {
      if (!send_one_by_one(runs[done])) return done;
      ++done;
      continue;
    }
    const std::size_t count = segmentation_ ? std::min(runs.size() - done, kSendBatch) : 1;
    for (std::size_t i = 0; i < count; ++i) {
      messages[i].fill(headers[i].msg_hdr, runs[done + i].transmit, runs[done + i].bytes, address_.ip.is_unspecified());
    }
    const int sent = calls_.many(fd_, headers.data(), static_cast<unsigned>(count), 0);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return done;
    } else if ((errno == EIO || errno == EINVAL) && segmentation_ &&
               runs[done].bytes.size() > runs[done].transmit.segment_size) {
      segmentation_ = false;  // the device cannot checksum segments: from now on one datagram at a time
    } else if (errno == ECONNREFUSED && told_at != done) {
      told_at = done;  // the refusal of an earlier datagram: this one may leave yet
    } else if (errno != EINTR) {
      ++done;  // refused (EMSGSIZE, ENETUNREACH, EPERM, ENOBUFS…): lost, as QUIC expects of datagrams
    }
  }
  return done;
}

// False when the kernel's buffer is full before the first datagram has left; those after it are then lost.
bool UdpSocket::send_one_by_one(const Outgoing& run) const {
  Bytes rest = run.bytes;
  while (!rest.empty()) {
    const Bytes datagram = rest.first(std::min(rest.size(), run.transmit.segment_size));
    msghdr header;
    Message message;
    message.fill(header, run.transmit, datagram, address_.ip.is_unspecified());
    const bool full = calls_.one(fd_, &header, 0) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (full && rest.size() == run.bytes.size()) return false;
    rest = rest.subspan(datagram.size());
  }
  return true;
}

}  // namespace torq::net
