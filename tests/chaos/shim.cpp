// SPDX-License-Identifier: MIT
#include "tests/chaos/shim.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "torq/net/clock.hpp"

namespace torq::chaos {
namespace {

constexpr int kSocketBuffer = 4 << 20;
constexpr std::size_t kBatch = 32;
// Above any MTU that it lets pass; what is larger is cut off, and still too large.
constexpr std::size_t kLargestDatagram = 2048;
// One busy socket must not keep the others waiting.
constexpr int kBatchesOfTurn = 4;
constexpr auto kLongestSleep = std::chrono::milliseconds(500);

SocketAddress loopback(unsigned last_byte) {
  return {IpAddress::v4({std::byte{127}, std::byte{0}, std::byte{0}, static_cast<std::byte>(last_byte)}), 0};
}

FileDescriptor open_socket(const SocketAddress& local) {
  const SockAddr address(local);
  FileDescriptor made(::socket(address.data()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto fail = [](const char* what) { throw std::system_error(errno, std::generic_category(), what); };
  if (made.number() < 0) fail("socket");
  for (const int option : {SO_RCVBUF, SO_SNDBUF}) {
    ::setsockopt(made.number(), SOL_SOCKET, option, &kSocketBuffer, sizeof kSocketBuffer);
  }
  if (::bind(made.number(), address.data(), address.size()) != 0) fail("bind");
  return made;
}

/// Up to kBatch datagrams of one system call.
class Batch {
 public:
  std::size_t receive(int socket) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      pieces_[i] = {buffers_[i].data(), buffers_[i].size()};
      messages_[i].msg_hdr = {sources_[i].data(), sources_[i].size(), &pieces_[i], 1, nullptr, 0, 0};
    }
    const int count = ::recvmmsg(socket, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
  }
  Bytes bytes(std::size_t i) const { return Bytes(buffers_[i]).first(messages_[i].msg_len); }
  SocketAddress source(std::size_t i) const { return from_sockaddr(sources_[i].data()); }

 private:
  std::array<std::array<std::byte, kLargestDatagram>, kBatch> buffers_;
  std::array<iovec, kBatch> pieces_{};
  std::array<SockAddr, kBatch> sources_{};
  std::array<mmsghdr, kBatch> messages_{};
};

template <class See>
void read_all(int socket, See see) {
  Batch batch;
  for (int i = 0; i < kBatchesOfTurn; ++i) {
    const std::size_t count = batch.receive(socket);
    for (std::size_t j = 0; j < count; ++j) see(batch.source(j), batch.bytes(j));
    if (count < kBatch) return;
  }
}

std::string describe_counts(const Counts& counts) {
  return fmt::format(
      R"({{"received":{},"bytes":{},"carried":{},"lost":{},"too_large":{},"dark":{},"held_back":{},"copies":{},"overflow":{}}})",
      counts.received, counts.bytes, counts.carried, counts.lost, counts.too_large, counts.dark, counts.held_back,
      counts.copies, counts.overflow);
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

Shim::Flow::Flow(std::uint64_t flow, std::uint64_t seed, const SocketAddress& from)
    : number(flow), client(from), to_server(seed + 2 * flow), to_client(seed + 2 * flow + 1) {}

Shim::Shim(const SocketAddress& server, std::uint64_t seed)
    : server_(server), seed_(Random(seed).next()), inside_(open_socket(loopback(1))) {}

SocketAddress Shim::address() const {
  SockAddr local;
  socklen_t size = local.size();
  if (::getsockname(inside_.number(), local.data(), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "getsockname");
  }
  return from_sockaddr(local.data());
}

Result<bool, std::string> Shim::obey(Instant now, std::string_view word) {
  constexpr std::string_view kBlackout = "blackout=";
  if (word == "forget") return rebind(now), true;
  if (word.starts_with(kBlackout)) {
    unsigned milliseconds = 0;
    const auto [end, error] = std::from_chars(word.data() + kBlackout.size(), word.data() + word.size(), milliseconds);
    if (error != std::errc() || end != word.data() + word.size()) return Failure(std::string(word));
    dark_until_ = now + std::chrono::milliseconds(milliseconds);
    return true;
  }
  auto changed = apply(weather_, word);
  if (!changed) return Failure(changed.error());
  weather_ = *changed;
  rebind_due_ = now + weather_.rebind;
  return true;
}

// Flows --------------------------------------------------------------------------------------------------------------

FileDescriptor Shim::open_outside() {
  FileDescriptor made = open_socket(loopback(1 + static_cast<unsigned>(rebindings_ % weather_.sources)));
  if (::connect(made.number(), server_.data(), server_.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  return made;
}

std::shared_ptr<Shim::Flow> Shim::flow_of(Instant now, const SocketAddress& client) {
  auto& flow = flows_[client];
  if (!flow) {
    flow = std::make_shared<Flow>(flows_made_++, seed_, client);
    flow->outside = open_outside();
  }
  flow->last_heard = now;
  const auto found = flow;
  if (flows_.size() > limits_.flows) make_room();
  return found;
}

void Shim::make_room() {
  const auto silent = std::min_element(flows_.begin(), flows_.end(), [](const auto& one, const auto& other) {
    return one.second->last_heard < other.second->last_heard;
  });
  flows_.erase(silent);
}

void Shim::rebind(Instant now) {
  ++rebindings_;
  for (auto& [client, flow] : flows_) flow->outside = open_outside();
  rebind_due_ = now + weather_.rebind;
}

// The way of a datagram ----------------------------------------------------------------------------------------------

void Shim::read_inside(Instant now) {
  read_all(inside_.number(), [&](const SocketAddress& client, Bytes bytes) {
    carry(now, flow_of(now, client), Direction::kToServer, bytes);
  });
}

void Shim::read_outside(Instant now, const std::shared_ptr<Flow>& flow) {
  read_all(flow->outside.number(),
           [&](const SocketAddress&, Bytes bytes) { carry(now, flow, Direction::kToClient, bytes); });
}

void Shim::carry(Instant now, const std::shared_ptr<Flow>& flow, Direction direction, Bytes bytes) {
  Counts& count = counts(direction);
  ++count.received;
  count.bytes += bytes.size();
  const Fate fate =
      (direction == Direction::kToServer ? flow->to_server : flow->to_client).next(now, weather_, bytes.size());
  if (now < dark_until_) return void(++count.dark);
  if (fate.what == Fate::What::kLost) return void(++count.lost);
  if (fate.what == Fate::What::kTooLarge) return void(++count.too_large);
  if (fate.held_back) ++count.held_back;
  put(now, fate.due, flow, direction, bytes);
  if (!fate.copy_due) return;
  ++count.copies;
  put(now, *fate.copy_due, flow, direction, bytes);
}

void Shim::put(Instant now, Instant due, const std::shared_ptr<Flow>& flow, Direction direction, Bytes bytes) {
  if (due <= now && under_way_.empty()) return send(*flow, direction, bytes);
  if (under_way_.size() >= limits_.under_way) return void(++counts(direction).overflow);
  under_way_.push({due, parcels_++, flow, direction, {bytes.begin(), bytes.end()}});
}

void Shim::send(const Flow& flow, Direction direction, Bytes bytes) {
  const bool inwards = direction == Direction::kToServer;
  const auto sent = inwards ? ::send(flow.outside.number(), bytes.data(), bytes.size(), MSG_DONTWAIT)
                            : ::sendto(inside_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT, flow.client.data(),
                                       flow.client.size());
  // A server that was killed refuses (ICMP), and so may a client that left: a road loses such datagrams.
  ++(sent < 0 && errno == EAGAIN ? counts(direction).overflow : counts(direction).carried);
}

void Shim::deliver(Instant now) {
  for (; !under_way_.empty() && under_way_.top().due <= now; under_way_.pop()) {
    const Parcel& parcel = under_way_.top();
    if (const auto flow = parcel.flow.lock()) send(*flow, parcel.direction, parcel.bytes);
  }
}

// The loop -----------------------------------------------------------------------------------------------------------

Duration Shim::patience(Instant now) const {
  Instant until = now + kLongestSleep;
  if (!under_way_.empty()) until = std::min(until, under_way_.top().due);
  if (weather_.rebind.count() > 0) until = std::min(until, rebind_due_);
  return std::max(until - now, Duration::zero());
}

bool Shim::turn(int extra) {
  std::vector<std::shared_ptr<Flow>> flows;
  std::vector<pollfd> polled = {{extra, POLLIN, 0}, {inside_.number(), POLLIN, 0}};
  for (const auto& [client, flow] : flows_) {
    flows.push_back(flow);
    polled.push_back({flow->outside.number(), POLLIN, 0});
  }
  const auto sleep = patience(net::monotonic_now()).count();
  const timespec at_most{sleep / 1'000'000'000, sleep % 1'000'000'000};
  ::ppoll(polled.data(), polled.size(), &at_most, nullptr);

  const Instant now = net::monotonic_now();
  if (polled[1].revents != 0) read_inside(now);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (polled[i + 2].revents != 0) read_outside(now, flows[i]);
  }
  deliver(now);
  if (weather_.rebind.count() > 0 && now >= rebind_due_) rebind(now);
  return polled[0].revents != 0;
}

std::string Shim::describe() const {
  return fmt::format(R"({{"event":"counts","flows":{},"rebindings":{},"to_server":{},"to_client":{}}})", flows_made_,
                     rebindings_, describe_counts(counts_[0]), describe_counts(counts_[1]));
}

}  // namespace torq::chaos
