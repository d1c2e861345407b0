// SPDX-License-Identifier: MIT
#include "torq/wire/bencode_reply.hpp"

#include <algorithm>
#include <cstring>

#include "torq/base/bytes.hpp"
#include "torq/bencode/writer.hpp"

namespace torq::wire {
namespace {

using bencode::append_integer;
using bencode::append_length;
using bencode::append_text;

constexpr std::size_t kPortSize = 2;
constexpr std::string_view kFull = "this tracker has no room for more peers: others do not hear of you";

std::size_t size_of(Family family) { return (family == Family::kIpv4 ? 4U : 16U) + kPortSize; }

void append_seconds(std::string& out, std::string_view key, std::chrono::seconds duration) {
  out += key;
  append_integer(out, duration.count());
}

// BEP 23, BEP 7: address and port of each, in network order, one behind the other.
void append_compact(std::string& out, std::span<const SocketAddress> peers, Family family, std::size_t count) {
  const std::size_t total = count * size_of(family);
  append_length(out, total);
  const std::size_t start = out.size();
  out.resize(start + total);
  char* at = out.data() + start;
  for (const SocketAddress& peer : peers) {
    if (peer.ip.family() != family) continue;
    const Bytes ip = peer.ip.bytes();
    std::memcpy(at, ip.data(), ip.size());
    at += ip.size();
    *at++ = static_cast<char>(peer.port >> 8);
    *at++ = static_cast<char>(peer.port & 0xff);
  }
}

void append_list(std::string& out, std::span<const SocketAddress> peers) {
  out += 'l';
  for (const SocketAddress& peer : peers) {
    out += "d2:ip";
    append_text(out, to_string(peer.ip));
    out += "4:port";
    append_integer(out, peer.port);
    out += 'e';
  }
  out += 'e';
}

}  // namespace

void append_bencoded_announce(std::string& out, const tracker::AnnounceReply& reply, const AnnounceForm& form) {
  out += "d8:complete";
  append_integer(out, reply.complete);
  out += "11:external ip";
  append_text(out, as_text(form.asker.bytes()));
  out += "10:incomplete";
  append_integer(out, reply.incomplete);
  append_seconds(out, "8:interval", reply.interval);
  append_seconds(out, "12:min interval", form.min_interval);
  out += "5:peers";
  if (!form.compact) {
    append_list(out, reply.peers);
  } else {
    const auto v6 = static_cast<std::size_t>(std::ranges::count_if(
        reply.peers, [](const SocketAddress& peer) { return peer.ip.family() == Family::kIpv6; }));
    append_compact(out, reply.peers, Family::kIpv4, reply.peers.size() - v6);
    if (v6 > 0) {
      out += "6:peers6";
      append_compact(out, reply.peers, Family::kIpv6, v6);
    }
  }
  if (!reply.listed) {
    out += "15:warning message";
    append_text(out, kFull);
  }
  out += 'e';
}

void append_bencoded_scrape(std::string& out, std::span<ScrapedSwarm> swarms, const Pace& pace) {
  std::ranges::sort(swarms, {}, &ScrapedSwarm::info_hash);
  out += "d5:filesd";
  const InfoHash* last = nullptr;
  for (const ScrapedSwarm& swarm : swarms) {
    if (last != nullptr && *last == swarm.info_hash) continue;
    last = &swarm.info_hash;
    append_text(out, as_text(swarm.info_hash.bytes));
    out += "d8:complete";
    append_integer(out, swarm.counts.complete);
    out += "10:downloaded";
    append_integer(out, swarm.counts.downloaded);
    out += "10:incomplete";
    append_integer(out, swarm.counts.incomplete);
    out += 'e';
  }
  append_seconds(out, "e5:flagsd20:min_request_interval", pace.min_interval);
  out += "ee";
}

void append_bencoded_failure(std::string& out, const Failed& failed, const Pace& pace) {
  out += "d14:failure reason";
  append_text(out, failed.reason);
  append_seconds(out, "8:interval", pace.interval);
  append_seconds(out, "12:min interval", pace.min_interval);
  if (failed.retry == Retry::kNever) out += "8:retry in5:never";
  if (failed.retry == Retry::kInMinutes) {
    out += "8:retry in";
    append_integer(out, failed.minutes.count());
  }
  out += 'e';
}

}  // namespace torq::wire
