// SPDX-License-Identifier: MIT
#include "apps/torq/config/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <ranges>

#include "apps/torq/command/nearest.hpp"
#include "apps/torq/command/whole_number.hpp"
#include "apps/torq/config/limit_rows.hpp"
#include "apps/torq/config/toml_text.hpp"

namespace torq::app {
namespace {

using Texts = std::vector<std::string>;
using Outcome = Result<void, std::string>;

constexpr unsigned kMostWorkers = 64;
constexpr unsigned kLongestInterval = 86'400;
constexpr unsigned kLongestDrain = 3'600;

Setting number(std::string_view name, std::string_view value, std::string_view help, bool reloads,
               std::pair<unsigned, unsigned> range, std::function<void(ServeSettings&, unsigned)> store,
               std::function<unsigned(const ServeSettings&)> load) {
  return {name,
          value,
          help,
          ValueForm::kNumber,
          reloads,
          [range, store](ServeSettings& settings, const Texts& texts) -> Outcome {
            const auto parsed = parse_whole(texts.front(), {range.first, range.second});
            if (!parsed) return Failure(parsed.error());
            store(settings, static_cast<unsigned>(*parsed));
            return {};
          },
          [load](const ServeSettings& settings) { return Texts{std::to_string(load(settings))}; }};
}

Setting seconds(std::string_view name, std::string_view help, bool reloads, std::pair<unsigned, unsigned> range,
                std::chrono::seconds ServeSettings::* member) {
  return number(
      name, "SECONDS", help, reloads, range,
      [member](ServeSettings& settings, unsigned value) { settings.*member = std::chrono::seconds(value); },
      [member](const ServeSettings& settings) { return static_cast<unsigned>((settings.*member).count()); });
}

// An empty text, or none, takes back what was said elsewhere.
Setting path(std::string_view name, std::string_view value, std::string_view help, bool reloads,
             std::optional<std::string> ServeSettings::* member) {
  return {name,
          value,
          help,
          ValueForm::kText,
          reloads,
          [member](ServeSettings& settings, const Texts& texts) -> Outcome {
            const bool none = texts.empty() || texts.front().empty();
            settings.*member = none ? std::nullopt : std::optional(texts.front());
            return {};
          },
          [member](const ServeSettings& settings) {
            const auto& text = settings.*member;
            return text ? Texts{*text} : Texts{};
          }};
}

Setting root_setting() {
  return {"root",
          "DIR",
          "folder whose files are served",
          ValueForm::kText,
          false,
          [](ServeSettings& settings, const Texts& texts) -> Outcome {
            if (texts.front().empty()) return Failure(std::string("is empty"));
            settings.root = texts.front();
            return {};
          },
          [](const ServeSettings& settings) { return Texts{settings.root}; }};
}

template <class Value, class Parse>
Outcome set_list(std::vector<Value>& member, const Texts& texts, const Parse& parse, std::string_view right) {
  std::vector<Value> values;
  for (const std::string& text : texts) {
    const auto value = parse(text);
    if (!value) return Failure(fmt::format("{} is not {}", text, right));
    values.push_back(*value);
  }
  member = std::move(values);
  return {};
}

template <class Value>
Texts get_list(const std::vector<Value>& values) {
  Texts texts;
  for (const Value& value : values) texts.push_back(to_string(value));
  return texts;
}

Setting listen_setting() {
  return {"listen",
          "[DOOR://]ADDR:PORT",
          "where, and by which door (quic, udp, https, http; else all); may be repeated; port 0 picks a free one",
          ValueForm::kTexts,
          false,
          [](ServeSettings& settings, const Texts& texts) -> Outcome {
            if (texts.empty()) return Failure(std::string("names no address"));
            return set_list(settings.listen, texts, parse_listen_at,
                            "ADDRESS:PORT, for example 127.0.0.1:7001 or [::]:7001, nor such with quic://, udp://, "
                            "https:// or http:// before it");
          },
          [](const ServeSettings& settings) { return get_list(settings.listen); }};
}

Setting proxies_setting() {
  return {"trusted_proxies",
          "ADDR",
          "sources that may announce other addresses than their own; may be repeated",
          ValueForm::kTexts,
          true,
          [](ServeSettings& settings, const Texts& texts) {
            return set_list(settings.trusted_proxies, texts, parse_ip, "an IP address");
          },
          [](const ServeSettings& settings) { return get_list(settings.trusted_proxies); }};
}

template <class Enum>
using Names = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
Setting choice(std::string_view name, std::string_view help, bool reloads, const Names<Enum>& names,
               Enum ServeSettings::* member) {
  return {name,
          "NAME",
          help,
          ValueForm::kText,
          reloads,
          [names, member](ServeSettings& settings, const Texts& texts) -> Outcome {
            const auto found = std::ranges::find(names, texts.front(), &Names<Enum>::value_type::first);
            if (found == names.end()) {
              const auto words = std::views::keys(names);
              return Failure(fmt::format("{} is not one of {}", texts.front(), fmt::join(words, ", ")));
            }
            settings.*member = found->second;
            return {};
          },
          [names, member](const ServeSettings& settings) {
            const auto found = std::ranges::find(names, settings.*member, &Names<Enum>::value_type::second);
            return Texts{std::string(found->first)};
          }};
}

Setting log_format_setting() {
  return choice("log_format", "how the lines on standard error are written: text or json", false,
                Names<LogFormat>{{"text", LogFormat::kText}, {"json", LogFormat::kJson}}, &ServeSettings::log_format);
}

Setting log_level_setting() {
  return choice("log_level", "the least that is worth a line: error, warning, info or debug", true,
                Names<LogLevel>{{"error", LogLevel::kError},
                                {"warning", LogLevel::kWarning},
                                {"info", LogLevel::kInfo},
                                {"debug", LogLevel::kDebug}},
                &ServeSettings::log_level);
}

std::vector<Setting> make_table() {
  return {
      listen_setting(),
      root_setting(),
      path("cert", "FILE", "certificate chain, PEM; without it a self-signed one is made and kept", true,
           &ServeSettings::cert),
      path("key", "FILE", "private key of the certificate, PEM", true, &ServeSettings::key),
      path("state", "DIR", "folder for what must survive a restart (default: $XDG_STATE_HOME/torq)", false,
           &ServeSettings::state),
      number(
          "workers", "N", "threads, each with its own socket; 0 is one per core", false, {0, kMostWorkers},
          [](ServeSettings& settings, unsigned value) { settings.workers = value; },
          [](const ServeSettings& settings) { return settings.workers; }),
      seconds("interval", "between two announces of a peer", true, {1, kLongestInterval}, &ServeSettings::interval),
      seconds("drain", "given to requests under way when the server is told to end", true, {0, kLongestDrain},
              &ServeSettings::drain),
      seconds("snapshot_interval", "between two snapshots of the swarms, which a restart brings back; 0 is never",
              false, {0, kLongestInterval}, &ServeSettings::snapshot_interval),
      proxies_setting(),
      log_format_setting(),
      log_level_setting(),
  };
}

std::string upper(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

Texts split_at_commas(std::string_view text) {
  Texts parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

}  // namespace

std::string Setting::flag() const {
  std::string text = "--" + std::string(name);
  std::ranges::replace(text, '_', '-');
  return text;
}

std::string Setting::variable() const { return "TORQ_" + upper(name); }

std::span<const Setting> serve_settings() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> rows = make_table();
    std::ranges::move(limit_rows(), std::back_inserter(rows));
    return rows;
  }();
  return table;
}

const Setting* find_setting(std::string_view name) {
  const auto table = serve_settings();
  const auto it = std::ranges::find(table, name, &Setting::name);
  return it == table.end() ? nullptr : &*it;
}

Result<void, std::string> assign(ServeSettings& settings, std::span<const Assignment> assignments) {
  for (const Assignment& assignment : assignments) {
    const Setting* setting = find_setting(assignment.name);
    if (setting == nullptr) return Failure(assignment.origin + ": there is no setting `" + assignment.name + "`");
    const auto outcome = setting->set(settings, assignment.values);
    if (!outcome) return Failure(fmt::format("{}: {}: {}", assignment.origin, assignment.name, outcome.error()));
  }
  return {};
}

std::vector<Assignment> from_environment(std::span<const std::string> environment) {
  std::vector<Assignment> found;
  for (const std::string& entry : environment) {
    const std::size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view name = std::string_view(entry).substr(0, equals);
    for (const Setting& setting : serve_settings()) {
      if (name != setting.variable() || equals == entry.size()) continue;
      const std::string value = entry.substr(equals + 1);
      found.push_back({std::string(setting.name),
                       setting.form == ValueForm::kTexts ? split_at_commas(value) : Texts{value}, std::string(name)});
    }
  }
  return found;
}

std::vector<std::string> doubtful_variables(std::span<const std::string> environment) {
  constexpr std::string_view kPrefix = "TORQ_";
  Texts names{"CONFIG"};
  for (const Setting& setting : serve_settings()) names.push_back(setting.variable().substr(kPrefix.size()));
  Texts lines;
  for (const std::string& entry : environment) {
    if (!entry.starts_with(kPrefix)) continue;
    const std::string name = entry.substr(kPrefix.size(), entry.find('=') - kPrefix.size());
    const auto meant = std::ranges::find(names, name) == names.end() ? nearest(name, names) : std::nullopt;
    if (meant) lines.push_back(fmt::format("{0}{1} means nothing; did you mean {0}{2}?", kPrefix, name, *meant));
  }
  return lines;
}

std::string config_template() {
  std::string text =
      "# torq serve reads this with --config FILE. What is said here is beaten by the environment (TORQ_INTERVAL=120) "
      "and by\n"
      "# the command line (--interval 120). SIGHUP reads it again. Each line shows the default: remove its `#` to "
      "change it.\n";
  const ServeSettings defaults;
  for (const Setting& setting : serve_settings()) {
    text +=
        fmt::format("\n# {}: {}{}\n", setting.value, setting.help, setting.reloads ? "" : " (changes with a restart)");
    text += fmt::format("# {} = {}\n", setting.name, to_toml(setting.form, setting.get(defaults)));
  }
  return text;
}

std::vector<std::string_view> adopt(ServeSettings& settings, const ServeSettings& fresh) {
  std::vector<std::string_view> names;
  for (const Setting& setting : serve_settings()) {
    const Texts texts = setting.get(fresh);
    if (!setting.reloads || setting.get(settings) == texts) continue;
    [[maybe_unused]] const auto taken = setting.set(settings, texts);
    assert(taken);
    names.push_back(setting.name);
  }
  return names;
}

std::vector<std::string_view> needing_restart(const ServeSettings& before, const ServeSettings& after) {
  std::vector<std::string_view> names;
  for (const Setting& setting : serve_settings()) {
    if (!setting.reloads && setting.get(before) != setting.get(after)) names.push_back(setting.name);
  }
  return names;
}

}  // namespace torq::app
