// SPDX-License-Identifier: MIT
#include "apps/torq/status_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/torq/figures.hpp"

namespace torq::app {
namespace {

using Json = nlohmann::ordered_json;

// A worker that has not answered for so long hangs, or the machine has no time for it.
constexpr auto kPatience = std::chrono::seconds(3);

// In the order of wire::Request.
constexpr std::array kRequestNames = {"announce", "file", "capability", "scrape", "list"};
static_assert(kRequestNames.size() == std::variant_size_v<wire::Request>);

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
    json[kRequestNames[i]] = sum(figures, [&](const auto& worker) { return worker.figures.counts.requests[i]; });
  }
  json["not_understood"] = sum(figures, [](const auto& worker) { return worker.figures.counts.not_understood; });
  return json;
}

Json errors_of_all(const ServerFigures& figures) {
  Json list = Json::array();
  for (std::size_t i = 0; i < wire::kErrorCodes; ++i) {
    const auto count = sum(figures, [&](const auto& worker) { return worker.figures.counts.errors[i]; });
    if (count > 0) list.push_back({{"code", wire::name_of(static_cast<wire::ErrorCode>(i))}, {"count", count}});
  }
  return list;
}

// What was refused or lost, by reason; nothing that did not happen.
Json drops_of_all(const ServerFigures& figures) {
  std::vector<Tally> drops;
  for (const Pulse::Reading& worker : figures.workers) {
    for (const Tally& failure : worker.figures.failures) add(drops, failure.name, failure.count);
  }
  add(drops, "too_many_swarms", figures.store.refused_swarms);
  add(drops, "too_many_peers", figures.store.refused_peers);
  add(drops, "log_lines", figures.lost_lines);
  Json list = Json::array();
  for (const Tally& drop : drops) {
    if (drop.count > 0) list.push_back({{"reason", drop.name}, {"count", drop.count}});
  }
  return list;
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
                    {"forwarded", worker.figures.forwarded}});
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
  text +=
      fmt::format("{} connections, {} swarms, {} peers\n", number("connections"), number("swarms"), number("peers"));
  text += fmt::format("requests    {} a second; {}\n", status.at("requests_per_second").get<double>(),
                      request_line(status.at("requests")));
  if (const std::string errors = tallies(status.at("errors"), "code"); !errors.empty())
    text += "errors      " + errors + "\n";
  if (const std::string drops = tallies(status.at("drops"), "reason"); !drops.empty())
    text += "drops       " + drops + "\n";
  text += fmt::format("memory      {} of {}, at most {} so far\n", bytes(memory, "resident"), bytes(memory, "limit"),
                      bytes(memory, "peak"));
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
      {"swarms", figures.store.swarms},
      {"peers", figures.store.peers},
      {"requests_per_second", rounded(sum(figures, [](const auto& worker) { return worker.requests_per_second; }))},
      {"requests", requests_of_all(figures)},
      {"errors", errors_of_all(figures)},
      {"drops", drops_of_all(figures)},
      {"memory",
       {{"resident", figures.used.resident}, {"peak", figures.used.peak_resident}, {"limit", figures.limits.memory}}},
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
