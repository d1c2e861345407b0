// SPDX-License-Identifier: MIT
#include "apps/torq/config/limit_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "apps/torq/command/whole_number.hpp"
#include "torq/tracker/swarm_store.hpp"

namespace torq::app {
namespace {

using Texts = std::vector<std::string>;
using Outcome = Result<void, std::string>;

struct Range {
  unsigned least;
  unsigned most;
};

constexpr Range kMany{1, 100'000'000};
constexpr Range kTimes{1, 3'600};
constexpr Range kPeersTold{0, tracker::SwarmStore::kMaxWanted};

Setting row(std::string_view name, std::string_view value, std::string_view help, ValueForm form) {
  Setting setting;
  setting.name = name;
  setting.value = value;
  setting.help = help;
  setting.form = form;
  setting.reloads = true;
  setting.has_flag = false;
  return setting;
}

template <class Number>
Setting number(std::string_view name, std::string_view value, std::string_view help, Range range,
               Number LimitSettings::* member) {
  Setting setting = row(name, value, help, ValueForm::kNumber);
  setting.set = [range, member](ServeSettings& settings, const Texts& texts) -> Outcome {
    const auto parsed = parse_whole(texts.front(), {range.least, range.most});
    if (!parsed) return Failure(parsed.error());
    settings.limits.*member = Number(static_cast<unsigned>(*parsed));
    return {};
  };
  setting.get = [member](const ServeSettings& settings) {
    if constexpr (std::is_same_v<Number, unsigned>)
      return Texts{std::to_string(settings.limits.*member)};
    else
      return Texts{std::to_string((settings.limits.*member).count())};
  };
  return setting;
}

Setting retry_row() {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "always", "never"};  // by RetryPolicy
  Setting setting = row("retry", "auto|always|never",
                        "when clients prove their address first, for a round trip; auto is while retry_threshold is "
                        "reached",
                        ValueForm::kText);
  setting.has_flag = true;
  setting.set = [](ServeSettings& settings, const Texts& texts) -> Outcome {
    const auto found = std::ranges::find(kNames, texts.front());
    if (found == kNames.end()) return Failure(texts.front() + " is not one of auto, always, never");
    settings.limits.retry = static_cast<quic::RetryPolicy>(found - kNames.begin());
    return {};
  };
  setting.get = [](const ServeSettings& settings) {
    return Texts{std::string(kNames[static_cast<std::size_t>(settings.limits.retry)])};
  };
  return setting;
}

Setting exempt_row() {
  Setting setting = row("exempt", "PREFIX", "addresses and blocks that the limits per prefix spare", ValueForm::kTexts);
  setting.set = [](ServeSettings& settings, const Texts& texts) -> Outcome {
    std::vector<AddressPrefix> prefixes;
    for (const std::string& text : texts) {
      const auto prefix = parse_address_prefix(text);
      if (!prefix) return Failure(text + " is not an IP address or a block of them, for example 192.0.2.0/24");
      prefixes.push_back(*prefix);
    }
    settings.limits.exempt = std::move(prefixes);
    return {};
  };
  setting.get = [](const ServeSettings& settings) {
    Texts texts;
    for (const AddressPrefix& prefix : settings.limits.exempt) texts.push_back(to_string(prefix));
    return texts;
  };
  return setting;
}

}  // namespace

// Connections that are there were told of it in their handshake.
Setting fixed(Setting setting) {
  setting.reloads = false;
  return setting;
}

std::vector<Setting> limit_rows() {
  using L = LimitSettings;
  return {
      retry_row(),
      number("retry_threshold", "N", "handshakes under way from which on `retry = \"auto\"` asks", {0, kMany.most},
             &L::retry_threshold),
      number("max_connections", "N", "QUIC connections at a time", kMany, &L::max_connections),
      number("max_connections_per_prefix", "N", "of them, from one IPv4 address or IPv6 /56", kMany,
             &L::max_connections_per_prefix),
      number("max_half_open_per_prefix", "N", "handshakes under way from one prefix", kMany,
             &L::max_half_open_per_prefix),
      number("max_handshakes_per_prefix", "N", "handshakes that one prefix may begin in a second", kMany,
             &L::max_handshakes_per_prefix),
      exempt_row(),
      number("max_memory", "MIB",
             "for connections and what they hold; above it newcomers are turned away and the greediest closed",
             {16, 16 * 1024 * 1024}, &L::max_memory),
      fixed(
          number("max_streams", "N", "requests that one connection may have under way", {1, 10'000}, &L::max_streams)),
      fixed(number("max_request_bytes", "BYTES", "of one JSON request", {1'024, 16 * 1024 * 1024},
                   &L::max_request_bytes)),
      fixed(number("max_json_file_bytes", "BYTES", "of a file that is sent as a JSON list of numbers",
                   {1'024, 1024 * 1024 * 1024}, &L::max_json_file_bytes)),
      number("numwant", "N", "peers that a client hears of when it does not say how many it wants", kPeersTold,
             &L::numwant),
      number("max_numwant", "N", "peers that it hears of at most; a UDP tracker's answer has room for fewer",
             kPeersTold, &L::max_numwant),
      number("max_unread_response", "BYTES", "of answers that one connection has not acknowledged",
             {64 * 1024, 1024 * 1024 * 1024}, &L::max_unread_response),
      number("first_byte_timeout", "SECONDS", "from the opening of a stream to the first byte of its request", kTimes,
             &L::first_byte_timeout),
      number("request_timeout", "SECONDS", "from the opening of a stream to the end of its request", kTimes,
             &L::request_timeout),
      number("max_datagrams_per_wake", "N", "received by a worker before timers and other sockets have their turn",
             kMany, &L::max_datagrams_per_wake),
      number("max_resets_per_second", "N", "stateless resets sent by a worker to clients of a process that is gone",
             {0, kMany.most}, &L::max_resets_per_second),
      number("max_http_connections", "N", "HTTP/1.1 connections at a time (TCP)", kMany, &L::max_http_connections),
      number("max_http_connections_per_prefix", "N", "of them, from one IPv4 address or IPv6 /56", kMany,
             &L::max_http_connections_per_prefix),
      number("max_http_memory", "MIB",
             "for what they hold; above it newcomers are turned away and the greediest closed", {1, 16 * 1024 * 1024},
             &L::max_http_memory),
      number("http_request_timeout", "SECONDS",
             "from the first byte of an HTTP/1.1 request, or the connection, to its end", kTimes,
             &L::http_request_timeout),
      number("http_idle_timeout", "SECONDS", "between two requests of one HTTP/1.1 connection", kTimes,
             &L::http_idle_timeout),
      number("http_stalled_timeout", "SECONDS", "without an HTTP/1.1 client taking a byte of its answer", kTimes,
             &L::http_stalled_timeout),
      number("max_swarms", "N", "swarms at a time", kMany, &L::max_swarms),
      number("max_peers", "N", "peers in all swarms together", kMany, &L::max_peers),
      number("max_peers_per_swarm", "N", "peers in one swarm", kMany, &L::max_peers_per_swarm),
      number("max_peers_per_address", "N", "peers in one swarm of one IPv4 address or IPv6 /56", kMany,
             &L::max_peers_per_address),
  };
}

}  // namespace torq::app
