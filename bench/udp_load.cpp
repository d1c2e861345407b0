// SPDX-License-Identifier: MIT
// torq-udp-load: loads any UDP tracker from one thread, and says what its answers cost the server and itself. The work
// is that of aquatic's load test: a million torrents, two million peers, three of four announces by seeders, 100
// announces to a scrape, 30 peers wanted, so many requests under way.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "bench/gauge.hpp"
#include "bench/machine.hpp"
#include "bench/udp.hpp"
#include "torq/base/random.hpp"
#include "torq/wire/udp_packets.hpp"

namespace torq::bench {
namespace {

using wire::UdpAction;
using wire::UdpTransaction;

struct Plan {
  std::string server;
  pid_t server_process = 0;
  std::size_t sockets = 4;
  std::size_t outstanding = 256;
  std::uint32_t torrents = 1'000'000;
  std::uint32_t peers = 2'000'000;
  std::int64_t numwant = 30;
  std::uint64_t announces_per_scrape = 100;
  double warm_up = 1;
  double seconds = 3;
  double rate = 0;  ///< requests a second, whatever the answers do; 0: each answer makes room for the next
  bool fill = false;
  bool prints_hashes = false;
};

/// The torrent of each peer: few of them are hot, most have a peer or two.
std::vector<std::uint32_t> draw_torrents(const Plan& plan, Random& random) {
  std::vector<double> up_to(plan.torrents);
  double sum = 0;
  for (std::uint32_t i = 0; i < plan.torrents; ++i) {
    sum += static_cast<double>(plan.torrents) / plan.peers + std::exp(6.5 - 500.0 * i / plan.torrents);
    up_to[i] = sum;
  }
  std::vector<std::uint32_t> torrents(plan.peers);
  for (std::uint32_t& torrent : torrents) {
    const double point = sum * static_cast<double>(random.next() >> 11) / 0x1p53;
    torrent = static_cast<std::uint32_t>(std::ranges::lower_bound(up_to, point) - up_to.begin());
  }
  return torrents;
}

InfoHash hash_of(std::uint32_t torrent) {
  Random random(torrent);
  InfoHash hash;
  for (std::byte& byte : hash.bytes) byte = static_cast<std::byte>(random.next() >> 56);
  return hash;
}

void print_hashes(const Plan& plan) {
  for (std::uint32_t torrent = 0; torrent < plan.torrents; ++torrent) {
    std::puts(to_string(hash_of(torrent)).c_str());
  }
}

class Load {
 public:
  explicit Load(const Plan& plan)
      : plan_(plan),
        gauge_(plan.server_process),
        udp_(Udp::client(address_of(plan), plan.sockets)),
        torrents_(draw_torrents(plan, random_)),
        sent_at_(plan.outstanding) {}

  void run() {
    connect();
    if (plan_.rate <= 0) {
      for (std::uint32_t i = 0; i < plan_.outstanding; ++i) ask(i, now_);
      udp_.flush();
    }
    if (plan_.fill) turn_until([this](Instant) { return filled_ >= plan_.peers; });
    due_ = clock_now();
    turn_for(plan_.warm_up);
    gauge_.begin(clock_now());
    turn_for(plan_.seconds);
    gauge_.end(clock_now());
    std::puts(
        fmt::format("{{{}, \"peers_per_announce\": {:.1f}, \"lost\": {}}}", gauge_.json(),
                    static_cast<double>(peers_heard_) / static_cast<double>(std::max(announced_, std::uint64_t{1})),
                    lost_)
            .c_str());
  }

 private:
  static SocketAddress address_of(const Plan& plan) {
    const auto address = parse_socket_address(plan.server);
    if (!address) throw std::runtime_error(plan.server + " is not ADDRESS:PORT");
    return *address;
  }

  void connect() {
    ask_for_id();
    udp_.flush();
    bool known = false;
    udp_.wait(std::chrono::seconds(2));
    udp_.receive([&](std::size_t, const Received& received) { known = take_id(received.bytes); });
    if (!known) throw std::runtime_error(plan_.server + " does not answer a connect");
  }

  void ask_for_id() {
    const std::size_t size = wire::encode_udp_connect(std::as_writable_bytes(udp_.space()), UdpTransaction{});
    udp_.queue(0, nullptr, 0, size, size);
    connected_at_ = clock_now();
  }

  bool take_id(Bytes answer) {
    const auto reply = wire::parse_udp_reply(answer, Family::kIpv4);
    const auto* connected = reply ? std::get_if<wire::UdpConnectReply>(&reply->what) : nullptr;
    if (connected != nullptr) id_ = connected->connection;
    return connected != nullptr;
  }

  void ask(std::uint32_t slot, Instant since) {
    const auto space = std::as_writable_bytes(udp_.space());
    const bool scrapes = asked_++ % (plan_.announces_per_scrape + 1) == plan_.announces_per_scrape;
    const std::size_t size = scrapes ? write_scrape(space, slot) : write_announce(space, slot);
    udp_.queue(slot % plan_.sockets, nullptr, 0, size, size);
    sent_at_[slot] = since;
  }

  // Latencies of an open loop count from when the request was due.
  void ask_what_is_due() {
    const Duration gap(static_cast<Duration::rep>(1e9 / plan_.rate));
    for (; due_ <= now_; due_ += gap) ask(turn_++ % static_cast<std::uint32_t>(sent_at_.size()), due_);
  }

  std::size_t write_announce(std::span<std::byte> out, std::uint32_t slot) {
    const bool fills = plan_.fill && filled_ < plan_.peers;
    const auto peer = static_cast<std::uint32_t>(fills ? filled_++ : random_.below(plan_.peers));
    wire::UdpAnnounce request;
    request.announce.info_hash = hash_of(torrents_[peer]);
    request.announce.port = static_cast<std::uint16_t>(peer % 65535 + 1);
    request.announce.left = random_.below(4) == 0 ? 1000 : 0;
    request.announce.numwant = plan_.numwant;
    return wire::encode_udp_announce(out, {id_, UdpAction::kAnnounce, UdpTransaction{slot}}, request, "");
  }

  std::size_t write_scrape(std::span<std::byte> out, std::uint32_t slot) {
    std::array<InfoHash, 10> hashes;
    const std::size_t count = 1 + random_.below(hashes.size());
    for (InfoHash& hash : hashes) hash = hash_of(torrents_[random_.below(plan_.peers)]);
    return wire::encode_udp_scrape(out, {id_, UdpAction::kScrape, UdpTransaction{slot}},
                                   std::span(hashes).first(count));
  }

  void turn_for(double seconds) {
    const Instant end = clock_now() + Duration(static_cast<Duration::rep>(seconds * 1e9));
    turn_until([end](Instant now) { return now >= end; });
  }

  void turn_until(const auto& is_over) {
    constexpr auto kPatience = std::chrono::milliseconds(200);
    while (!is_over(now_)) {
      udp_.wait(plan_.rate > 0 ? std::max(due_ - clock_now(), Duration::zero()) : Duration(kPatience));
      now_ = clock_now();
      bool heard = false;
      udp_.receive([&](std::size_t, const Received& received) { heard |= take(received.bytes); });
      if (plan_.rate > 0) {
        ask_what_is_due();
      } else if (!heard) {
        ask_again_what_was_lost();
      }
      udp_.flush();
      if (now_ - connected_at_ > std::chrono::seconds(45)) ask_for_id();  // good for a minute (BEP 15)
    }
  }

  // Reads what must be read alone: parsing every peer would be the load's work, not the server's.
  bool take(Bytes answer) {
    if (answer.size() < 8) return false;
    const auto action = std::to_integer<unsigned>(answer[3]);
    const auto slot = std::to_integer<std::uint32_t>(answer[6]) << 8 | std::to_integer<std::uint32_t>(answer[7]);
    if (action == static_cast<unsigned>(UdpAction::kConnect)) return take_id(answer);
    if (slot >= sent_at_.size()) return false;
    if (action == static_cast<unsigned>(UdpAction::kAnnounce)) {
      ++announced_;
      peers_heard_ += (answer.size() - 20) / 6;
    } else if (action != static_cast<unsigned>(UdpAction::kScrape)) {
      gauge_.error();
    }
    gauge_.answer(now_ - sent_at_[slot]);
    gauge_.bytes(answer.size());
    if (plan_.rate <= 0) ask(slot, now_);
    return true;
  }

  void ask_again_what_was_lost() {
    for (std::uint32_t slot = 0; slot < sent_at_.size(); ++slot) {
      ++lost_;
      ask(slot, now_);
    }
  }

  const Plan& plan_;
  Random random_{1};
  Gauge gauge_;
  Udp udp_;
  std::vector<std::uint32_t> torrents_;
  std::vector<Instant> sent_at_;
  wire::UdpConnectionId id_{};
  Instant now_ = clock_now();
  Instant connected_at_{};
  Instant due_{};  // the next request of an open loop
  std::uint32_t turn_ = 0;
  std::uint64_t asked_ = 0, filled_ = 0, announced_ = 0, peers_heard_ = 0, lost_ = 0;
};

}  // namespace
}  // namespace torq::bench

int main(int argc, char** argv) {
  torq::bench::Plan plan;
  CLI::App app{"loads a UDP tracker"};
  app.add_option("server", plan.server, "ADDRESS:PORT")->required();
  app.add_option("--server-pid", plan.server_process, "whose CPU time is read");
  app.add_option("--sockets", plan.sockets)->check(CLI::Range(1, 64));
  app.add_option("--outstanding", plan.outstanding)->check(CLI::Range(1, 65536));
  app.add_option("--torrents", plan.torrents)->check(CLI::PositiveNumber);
  app.add_option("--peers", plan.peers)->check(CLI::PositiveNumber);
  app.add_option("--numwant", plan.numwant);
  app.add_option("--announces-per-scrape", plan.announces_per_scrape);
  app.add_option("--warm-up", plan.warm_up, "seconds");
  app.add_option("--seconds", plan.seconds);
  app.add_option("--rate", plan.rate, "requests a second; without it each answer makes room for the next");
  app.add_flag("--fill", plan.fill, "announces every peer once before all else");
  app.add_flag("--print-hashes", plan.prints_hashes, "of all torrents, and nothing else");
  CLI11_PARSE(app, argc, argv);
  try {
    if (plan.prints_hashes) {
      torq::bench::print_hashes(plan);
    } else {
      torq::bench::Load(plan).run();
    }
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "torq-udp-load: " << failure.what() << '\n';
    return 1;
  }
}
