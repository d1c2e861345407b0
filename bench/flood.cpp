// SPDX-License-Identifier: MIT
// torq-flood: floods a running server at full speed from one thread, on real sockets of a hundred addresses of
// 127.0.0.0/8 (its limits per prefix must not spare those: `exempt = []`), and says what a good client notices of it:
// the time of a new connection with one request, and of a request on a connection that is there. A line for each flood:
//
//   initials      first packets of clients that never come back, as from spoofed addresses
//   garbage       random bytes of random lengths
//   replayed      what a client once sent on a connection that is over
//   half          handshakes that go as far as the server's certificate, and no further
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "bench/gauge.hpp"
#include "torq/base/random.hpp"
#include "torq/base/sockaddr.hpp"
#include "torq/client/client.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/quic/endpoint.hpp"

namespace torq::bench {
namespace {

using Datagram = std::vector<std::byte>;

constexpr std::size_t kSources = 100;
constexpr std::size_t kBatch = 64;
constexpr std::size_t kPool = 4096;  // more than the handshakes under way from which on a server asks for Retry

std::uint64_t resident_bytes(int process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

/// Sockets of many addresses, each connected to the server.
class Sources {
 public:
  explicit Sources(const SocketAddress& server) {
    for (std::size_t i = 0; i < kSources; ++i) {
      const auto low = static_cast<std::byte>(i + 1);
      const SockAddr own(SocketAddress{IpAddress::v4({std::byte{127}, std::byte{1}, low, low}), 0});
      const SockAddr peer(server);
      const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0 || ::bind(fd, own.data(), own.size()) != 0 || ::connect(fd, peer.data(), peer.size()) != 0) {
        throw std::system_error(errno, std::generic_category(), "open a socket of 127.1.0.0/16");
      }
      sockets_.push_back(fd);
    }
  }
  ~Sources() {
    for (const int fd : sockets_) ::close(fd);
  }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  /// Each from the next address; what a full buffer refuses is lost. Returns how many left.
  std::size_t send(std::span<const Datagram* const> datagrams) {
    std::array<mmsghdr, kBatch> headers{};
    std::array<iovec, kBatch> vectors{};
    const std::size_t count = std::min(datagrams.size(), kBatch);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<std::byte*>(datagrams[i]->data()), datagrams[i]->size()};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(sockets_[turn_++ % kSources], headers.data(), static_cast<unsigned>(count), 0);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  int next_socket() { return sockets_[turn_++ % kSources]; }

 private:
  std::vector<int> sockets_;
  std::size_t turn_ = 0;
};

/// The client's side of a connection, by hand.
class Handshake {
 public:
  Handshake(const SocketAddress& server, net::SystemEntropy& entropy)
      : path_{SocketAddress{IpAddress(), 1}, server},
        endpoint_({{}, quic::make_secrets(entropy), {}, std::nullopt, {}}, entropy) {
    static const quic::ClientTls tls = quic::ClientTls::create(quic::TrustAnyone{}).value();
    handle_ = endpoint_.connect(net::monotonic_now(), path_, tls, "localhost");
  }

  std::vector<Datagram> next() {
    std::vector<Datagram> datagrams;
    while (const auto run = endpoint_.next_transmit(net::monotonic_now(), area_)) {
      for (Bytes rest = Bytes(area_).first(run->size); !rest.empty();) {
        const Bytes one = rest.first(std::min(run->segment_size, rest.size()));
        datagrams.emplace_back(one.begin(), one.end());
        rest = rest.subspan(one.size());
      }
    }
    return datagrams;
  }
  void take(Bytes datagram) { endpoint_.handle_datagram(net::monotonic_now(), path_, quic::Ecn::kNone, datagram); }
  bool established() { return endpoint_.find(handle_) != nullptr && endpoint_.find(handle_)->established(); }
  bool heard() { return endpoint_.find(handle_) != nullptr && endpoint_.find(handle_)->heard(); }
  void ask() {
    quic::Connection& connection = *endpoint_.find(handle_);
    const auto stream = connection.open_stream();
    if (!stream) return;
    connection.write(*stream, as_bytes(R"({"capabilities": ["announce"], "version": 1})"));
    connection.finish(*stream);
  }

 private:
  quic::Path path_;
  quic::Endpoint endpoint_;
  quic::ConnectionHandle handle_{};
  std::vector<std::byte> area_ = std::vector<std::byte>(64 * 1024);
};

/// What comes within `patience`, to that handshake. False when nothing has.
bool receive_into(Handshake& handshake, int socket, std::chrono::milliseconds patience) {
  std::array<std::byte, 2048> area;
  const Instant end = net::monotonic_now() + patience;
  for (bool some = false; net::monotonic_now() < end;) {
    const ssize_t size = ::recv(socket, area.data(), area.size(), 0);
    if (size > 0) {
      handshake.take(Bytes(area).first(static_cast<std::size_t>(size)));
      some = true;
    } else if (some) {
      return true;
    }
  }
  return false;
}

void send_all(int socket, const std::vector<Datagram>& datagrams) {
  for (const Datagram& datagram : datagrams) {
    [[maybe_unused]] const ssize_t sent = ::send(socket, datagram.data(), datagram.size(), 0);
  }
}

std::vector<Datagram> first_packets(const SocketAddress& server) {
  net::SystemEntropy entropy;
  std::vector<Datagram> pool;
  while (pool.size() < kPool) pool.push_back(Handshake(server, entropy).next().front());
  return pool;
}

std::vector<Datagram> garbage() {
  Random random(1);
  std::vector<Datagram> pool(kPool);
  for (Datagram& datagram : pool) {
    datagram.resize(1 + random.below(1400));
    for (std::byte& byte : datagram) byte = static_cast<std::byte>(random.next() >> 56);
  }
  return pool;
}

/// All that a client sends in a short life.
std::vector<Datagram> recording(const SocketAddress& server, Sources& sources) {
  net::SystemEntropy entropy;
  Handshake client(server, entropy);
  const int socket = sources.next_socket();
  std::vector<Datagram> sent;
  for (int turn = 0; turn < 20; ++turn) {
    const auto now = client.next();
    sent.insert(sent.end(), now.begin(), now.end());
    send_all(socket, now);
    receive_into(client, socket, std::chrono::milliseconds(20));
    if (client.established()) client.ask();
  }
  return sent;
}

using Flood = std::function<std::uint64_t(const std::atomic<bool>& over)>;  // returns how many datagrams left

Flood repeat(Sources& sources, std::vector<Datagram> pool) {
  return [&sources, pool = std::move(pool)](const std::atomic<bool>& over) {
    std::uint64_t sent = 0;
    std::array<const Datagram*, kBatch> batch;
    for (std::size_t next = 0; !over;) {
      for (const Datagram*& slot : batch) slot = &pool[next++ % pool.size()];
      sent += sources.send(batch);
    }
    return sent;
  };
}

Flood half_handshakes(const SocketAddress& server, Sources& sources) {
  return [&](const std::atomic<bool>& over) {
    net::SystemEntropy entropy;
    std::uint64_t sent = 0;
    while (!over) {
      Handshake client(server, entropy);
      const int socket = sources.next_socket();
      for (int turn = 0; turn < 2 && !client.established(); ++turn) {  // a Retry, then the server's certificate
        const auto datagrams = client.next();
        send_all(socket, datagrams);
        sent += datagrams.size();
        if (!receive_into(client, socket, std::chrono::milliseconds(5))) break;
      }
    }
    return sent;
  };
}

struct Seen {
  Histogram fresh;
  Histogram kept;
  std::uint64_t failures = 0;
  std::uint64_t resident = 0;  // the most that was met
};

/// What a good client notices for so long.
Seen be_good(const client::Server& server, int process, Duration time) {
  Seen seen;
  client::Client kept;
  const Instant end = net::monotonic_now() + time;
  while (net::monotonic_now() < end) {
    const auto measure = [&](client::Client& by, Histogram& into) {
      const Instant begun = net::monotonic_now();
      if (by.capabilities(server)) {
        into.add(net::monotonic_now() - begun);
      } else {
        ++seen.failures;
      }
    };
    client::Client fresh;
    measure(fresh, seen.fresh);
    measure(kept, seen.kept);
    seen.resident = std::max(seen.resident, resident_bytes(process));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return seen;
}

double milliseconds(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

void report(const char* name, double per_second, const Seen& seen) {
  fmt::print(
      "{:<10} {:>9.0f}/s   new connection p50 {:>8.2f} p99 {:>8.2f} ms   request p50 {:>7.2f} p99 {:>7.2f} ms   {} of "
      "{} "
      "failed   server {:>5.0f} MB\n",
      name, per_second, milliseconds(seen.fresh.at(0.5)), milliseconds(seen.fresh.at(0.99)),
      milliseconds(seen.kept.at(0.5)), milliseconds(seen.kept.at(0.99)), seen.failures,
      seen.failures + seen.fresh.count() + seen.kept.count(), static_cast<double>(seen.resident) / 1e6);
  std::cout.flush();
}

void run(const char* name, const Flood& flood, const client::Server& server, int process, Duration time) {
  std::atomic<bool> over{false};
  std::uint64_t sent = 0;
  std::thread flooder([&] { sent = flood(over); });
  std::this_thread::sleep_for(std::chrono::seconds(1));  // until it is in its stride
  const Instant begun = net::monotonic_now();
  const Seen seen = be_good(server, process, time);
  over = true;
  const std::chrono::duration<double> took = net::monotonic_now() - begun + std::chrono::seconds(1);
  flooder.join();
  report(name, static_cast<double>(sent) / took.count(), seen);
}

int flood_all(const std::string& address, int process, Duration time) {
  const auto where = parse_socket_address(address);
  if (!where || where->ip.family() != Family::kIpv4) throw std::runtime_error("the address is no 127.0.0.1:PORT");
  const client::Server server{to_string(where->ip), where->port, client::Trust::anyone()};
  Sources sources(*where);
  report("nothing", 0, be_good(server, process, time));
  run("initials", repeat(sources, first_packets(*where)), server, process, time);
  run("garbage", repeat(sources, garbage()), server, process, time);
  run("replayed", repeat(sources, recording(*where, sources)), server, process, time);
  run("half", half_handshakes(*where, sources), server, process, time);
  std::this_thread::sleep_for(std::chrono::seconds(12));  // handshakes under way are given up after ten
  report("afterwards", 0, be_good(server, process, time));
  return 0;
}

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  CLI::App command("Floods a server of this machine, and measures what a good client notices");
  std::string address;
  int process = 0;
  unsigned seconds = 5;
  command.add_option("ADDRESS", address, "127.0.0.1:PORT")->required();
  command.add_option("--server-pid", process)->required();
  command.add_option("--seconds", seconds, "of each flood");
  CLI11_PARSE(command, argc, argv);
  try {
    return torq::bench::flood_all(address, process, std::chrono::seconds(seconds));
  } catch (const std::exception& error) {
    std::cerr << "torq-flood: " << error.what() << '\n';
    return 1;
  }
}
