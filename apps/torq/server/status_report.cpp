// SPDX-License-Identifier: MIT
#include "apps/torq/server/status_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/torq/terminal/figures.hpp"

namespace torq::app {
namespace {

using Json = nlohmann::ordered_json;

// A worker that has not answered for so long hangs, or the machine has no time for it.
constexpr auto kPatience = std::chrono::seconds(3);

// In the order of wire::Request.
constexpr std::array kRequestNames = {"announce", "file", "capability", "scrape", "list"};
static_assert(kRequestNames.size() == std::variant_size_v<wire::Request>);

/// Names and how often each; those that never were are left out.
class NamedCounts {
 public:
  void add(std::string_view name, std::uint64_t count) {
    if (count == 0) return;
    const auto known = std::ranges::find(entries_, name, &Entry::name);
    if (known == entries_.end()) {
      entries_.push_back({std::string(name), count});
    } else {
      known->count += count;
    }
  }
  template <std::size_t N>
  void add_each(std::string_view prefix, const std::array<std::string_view, N>& names, const auto& tallies) {
    for (std::size_t i = 0; i < N; ++i) add(fmt::format("{}{}", prefix, names[i]), tallies.all()[i]);
  }
  Json json(const char* what) const {
    Json list = Json::array();
    for (const Entry& entry : entries_) list.push_back({{what, entry.name}, {"count", entry.count}});
    return list;
  }

 private:
  struct Entry {
    std::string name;
    std::uint64_t count;
  };
  std::vector<Entry> entries_;
};

void add_drops(NamedCounts& drops, const WorkerFigures& worker) {
  for (const Tally& failure : worker.failures) drops.add(failure.name, failure.count);
  drops.add_each("refused_", quic::kRefusalNames, worker.quic.refused);
  drops.add_each("datagram_", quic::kDropNames, worker.quic.dropped);
  drops.add("datagram_inbox_full", worker.datagrams.inbox_full);
  drops.add("udp_ignored", worker.udp.ignored);
  drops.add("udp_unsent", worker.datagrams.unsent);
  drops.add("http_refused", worker.tcp.refused);
  drops.add("http_starved", worker.tcp.starved);
  drops.add("http_overdue", worker.tcp.overdue);
  drops.add("http_stalled", worker.tcp.stalled);
  drops.add("http_broken", worker.tcp.broken);
}

void add_limits(NamedCounts& limits, const WorkerFigures& worker) {
  limits.add_each("", quic::kLimitNames, worker.quic.limits_hit);
  limits.add("max_request_bytes", worker.json.errors[static_cast<std::size_t>(wire::ErrorCode::kRequestTooLarge)]);
  limits.add("max_json_file_bytes", worker.json.errors[static_cast<std::size_t>(wire::ErrorCode::kFileTooLarge)]);
  limits.add("max_http_connections", worker.tcp.full);
  limits.add("max_http_connections_per_prefix", worker.tcp.prefix_full);
  limits.add("max_http_memory", worker.tcp.memory);
  limits.add("http_request_timeout", worker.tcp.overdue);
  limits.add("http_stalled_timeout", worker.tcp.stalled);
}

template <class Amount>
auto sum(const ServerFigures& figures, const Amount& amount) {
  decltype(amount(figures.workers.front())) total{};
  for (const Pulse::Reading& worker : figures.workers) total += amount(worker);
  return total;
}

// One decimal: what is more is noise.
double rounded(double value) { return std::round(value * 10) / 10; }

Json requests_of_all(const ServerFigures& figures) {
  Json json;
  for (std::size_t i = 0; i < kRequestNames.size(); ++i) {
    json[kRequestNames[i]] = sum(figures, [&](const auto& worker) { return worker.figures.json.requests[i]; });
  }
  json["not_understood"] = sum(figures, [](const auto& worker) { return worker.figures.json.not_understood; });
  return json;
}

Json errors_of_all(const ServerFigures& figures) {
  Json list = Json::array();
  for (std::size_t i = 0; i < wire::kErrorCodes; ++i) {
    const auto count = sum(figures, [&](const auto& worker) { return worker.figures.json.errors[i]; });
    if (count > 0) list.push_back({{"code", wire::name_of(static_cast<wire::ErrorCode>(i))}, {"count", count}});
  }
  return list;
}

Json site_of_all(const ServerFigures& figures, web::Counts WorkerFigures::* door) {
  const auto total = [&](std::uint64_t web::Counts::* count) {
    return sum(figures, [&](const auto& worker) { return worker.figures.*door.*count; });
  };
  return {{"announce", total(&web::Counts::announces)},
          {"scrape", total(&web::Counts::scrapes)},
          {"files", total(&web::Counts::files)},
          {"other", total(&web::Counts::others)},
          {"not_understood", total(&web::Counts::not_understood)},
          {"failures", total(&web::Counts::failures)}};
}

Json udp_of_all(const ServerFigures& figures) {
  using Counts = doors::udp::Counts;
  const auto total = [&](std::uint64_t Counts::* count) {
    return sum(figures, [&](const auto& worker) { return worker.figures.udp.*count; });
  };
  return {{"connect", total(&Counts::connects)},
          {"announce", total(&Counts::announces)},
          {"scrape", total(&Counts::scrapes)},
          {"not_understood", total(&Counts::not_understood)},
          {"ignored", total(&Counts::ignored)}};
}

Json quic_of_all(const ServerFigures& figures) {
  using quic::Counts;
  const auto total = [&](std::uint64_t Counts::* count) {
    return sum(figures, [&](const auto& worker) { return worker.figures.quic.*count; });
  };
  return {{"accepted", total(&Counts::accepted)},
          {"established", total(&Counts::established)},
          {"datagrams_in", total(&Counts::datagrams_in)},
          {"datagrams_out", total(&Counts::datagrams_out)},
          {"bytes_in", total(&Counts::bytes_in)},
          {"bytes_out", total(&Counts::bytes_out)},
          {"retries", total(&Counts::retries)},
          {"resets", total(&Counts::resets)},
          {"version_negotiations", total(&Counts::version_negotiations)}};
}

// What was refused or lost, by reason; nothing that did not happen.
Json entries_of_all(const ServerFigures& figures) {
  NamedCounts drops;
  for (const Pulse::Reading& worker : figures.workers) add_drops(drops, worker.figures);
  drops.add("too_many_swarms", figures.store.refused_swarms);
  drops.add("too_many_peers", figures.store.refused_peers);
  drops.add("log_lines", figures.lost_lines);
  return drops.json("reason");
}

Json closed_of_all(const ServerFigures& figures) {
  NamedCounts closed;
  for (const Pulse::Reading& worker : figures.workers)
    closed.add_each("", quic::kCloseNames, worker.figures.quic.closed);
  return closed.json("reason");
}

Json limits_of_all(const ServerFigures& figures) {
  NamedCounts limits;
  for (const Pulse::Reading& worker : figures.workers) add_limits(limits, worker.figures);
  limits.add("max_swarms", figures.store.refused_swarms);
  limits.add("max_peers", figures.store.refused_by_all);
  limits.add("max_peers_per_swarm", figures.store.refused_by_swarm);
  limits.add("max_peers_per_address", figures.store.refused_by_address);
  return limits.json("limit");
}

Json each_worker(const ServerFigures& figures) {
  Json list = Json::array();
  for (std::size_t i = 0; i < figures.workers.size(); ++i) {
    const Pulse::Reading& worker = figures.workers[i];
    list.push_back({{"worker", i},
                    {"answers", figures.now - worker.answered < kPatience},
                    {"connections", worker.figures.connections},
                    {"requests", requests_of(worker.figures)},
                    {"requests_per_second", rounded(worker.requests_per_second)},
                    {"http_connections", worker.figures.http_connections},
                    {"forwarded", worker.figures.datagrams.forwarded}});
  }
  return list;
}

double seconds_since(const ServerFigures& figures) {
  return rounded(std::chrono::duration<double>(figures.now - figures.begun).count());
}

// For people ---------------------------------------------------------------------------------------------------------

std::string tallies(const Json& list, const char* name) {
  std::string text;
  for (const Json& entry : list) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", entry.at(name).get<std::string>(),
                        entry.at("count").get<std::uint64_t>());
  }
  return text;
}

std::string request_line(const Json& requests) {
  std::string text;
  for (const auto& [name, count] : requests.items()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count.get<std::uint64_t>());
  }
  return text;
}

std::string worker_line(const Json& worker) {
  return fmt::format("worker {:<5}{} connections, {} requests ({} a second){}\n", worker.at("worker").get<unsigned>(),
                     worker.at("connections").get<std::uint64_t>(), worker.at("requests").get<std::uint64_t>(),
                     worker.at("requests_per_second").get<double>(),
                     worker.at("answers").get<bool>() ? "" : "; DOES NOT ANSWER");
}

std::string described(const Json& status) {
  const auto number = [&](const char* name) { return status.at(name).get<std::uint64_t>(); };
  const auto bytes = [](const Json& of, const char* name) { return human_bytes(of.at(name).get<std::uint64_t>()); };
  const Json& memory = status.at("memory");
  const Json& open = status.at("open_files");
  const std::chrono::seconds up(static_cast<std::int64_t>(status.at("uptime").get<double>()));
  std::string text = fmt::format("torq {}, process {}, up {}\n", status.at("version").get<std::string>(),
                                 number("process"), human_time(up));
  text += fmt::format("{} connections, {} http connections, {} swarms, {} peers\n", number("connections"),
                      number("http_connections"), number("swarms"), number("peers"));
  text += fmt::format("requests    {} a second; {}\n", status.at("requests_per_second").get<double>(),
                      request_line(status.at("requests")));
  for (const char* door : {"http3", "http1", "udp"})
    text += fmt::format("{:<12}{}\n", door, request_line(status.at(door)));
  text += fmt::format("quic        {}\n", request_line(status.at("quic")));
  if (const std::string errors = tallies(status.at("errors"), "code"); !errors.empty())
    text += "errors      " + errors + "\n";
  if (const std::string drops = tallies(status.at("drops"), "reason"); !drops.empty())
    text += "drops       " + drops + "\n";
  if (const std::string closed = tallies(status.at("closed"), "reason"); !closed.empty())
    text += "closed      " + closed + "\n";
  if (const std::string limits = tallies(status.at("limits"), "limit"); !limits.empty())
    text += "limits hit  " + limits + "\n";
  text += fmt::format("memory      {} of {}, at most {} so far; connections {}, http connections {}, store {}\n",
                      bytes(memory, "resident"), bytes(memory, "limit"), bytes(memory, "peak"),
                      bytes(memory, "connections"), bytes(memory, "http_connections"), bytes(memory, "store"));
  text += fmt::format("open files  {} of {}\n", open.at("count").get<std::uint64_t>(),
                      open.at("limit").get<std::uint64_t>());
  for (const Json& worker : status.at("workers")) text += worker_line(worker);
  return text;
}

}  // namespace

std::string encode_status(const ServerFigures& figures) {
  const Json json = {
      {"version", TORQ_VERSION},
      {"process", figures.process},
      {"uptime", seconds_since(figures)},
      {"connections", sum(figures, [](const auto& worker) { return worker.figures.connections; })},
      {"http_connections", sum(figures, [](const auto& worker) { return worker.figures.http_connections; })},
      {"swarms", figures.store.swarms},
      {"peers", figures.store.peers},
      {"requests_per_second", rounded(sum(figures, [](const auto& worker) { return worker.requests_per_second; }))},
      {"requests", requests_of_all(figures)},
      {"http3", site_of_all(figures, &WorkerFigures::http3)},
      {"http1", site_of_all(figures, &WorkerFigures::http1)},
      {"udp", udp_of_all(figures)},
      {"quic", quic_of_all(figures)},
      {"errors", errors_of_all(figures)},
      {"drops", entries_of_all(figures)},
      {"closed", closed_of_all(figures)},
      {"limits", limits_of_all(figures)},
      {"memory",
       {{"resident", figures.used.resident},
        {"peak", figures.used.peak_resident},
        {"limit", figures.limits.memory},
        {"connections", sum(figures, [](const auto& worker) { return worker.figures.memory; })},
        {"http_connections", sum(figures, [](const auto& worker) { return worker.figures.http_memory; })},
        {"store", figures.store_bytes}}},
      {"open_files", {{"count", figures.used.open_files}, {"limit", figures.limits.open_files}}},
      {"workers", each_worker(figures)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::string, std::string> describe_status(const std::string& json) {
  try {
    return described(Json::parse(json));
  } catch (const nlohmann::json::exception& error) {
    return Failure(std::string("the server's status is not as this torq knows it: ") + error.what());
  }
}

}  // namespace torq::app
