// SPDX-License-Identifier: MIT
#pragma once
// What a person may set on `torq serve`, once for all the places where it may be said: the configuration file, the
// environment, the command line. Each setting is one row of a table, from which the options, the template and the
// documentation are made. Pure: texts in, values and errors out; who reads files and the environment is below apps/.

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/torq/config/limit_settings.hpp"
#include "apps/torq/config/listen_at.hpp"
#include "apps/torq/log/log.hpp"
#include "torq/base/address.hpp"
#include "torq/base/result.hpp"

namespace torq::app {

struct ServeSettings {
  std::vector<ListenAt> listen{{std::nullopt, {parse_ip("::").value(), 7001}}};
  std::string root = "./seed";
  std::optional<std::string> cert;
  std::optional<std::string> key;
  std::optional<std::string> state;  ///< folder; none is $XDG_STATE_HOME/torq
  unsigned workers = 0;              ///< 0 is one per core
  std::chrono::seconds interval{60};
  std::chrono::seconds drain{5};
  std::chrono::seconds snapshot_interval{60};  ///< 0 is never
  std::vector<IpAddress> trusted_proxies;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  LimitSettings limits;

  bool operator==(const ServeSettings&) const = default;
};

/// How a value is written in the file: `7001`, or `"text"`; on the command line and in the environment both are bare.
enum class ValueForm : std::uint8_t { kNumber, kText, kTexts };

struct Setting {
  std::string_view name;   ///< `max_peers` in the file, `--max-peers`, `TORQ_MAX_PEERS`
  std::string_view value;  ///< what stands for it in a help text: `SECONDS`
  std::string_view help;
  ValueForm form;
  bool reloads;  ///< SIGHUP changes it; the others ask for a restart
  /// One text unless the form is kTexts. The error says what would be right.
  std::function<Result<void, std::string>(ServeSettings&, const std::vector<std::string>&)> set;
  std::function<std::vector<std::string>(const ServeSettings&)> get;  ///< empty when there is none
  bool has_flag = true;  ///< false: it is said in the file and in the environment alone

  std::string flag() const;
  std::string variable() const;
};

std::span<const Setting> serve_settings();
const Setting* find_setting(std::string_view name);

/// Something that was said about a setting, and where: `torq.toml:12`, `TORQ_INTERVAL`, `--interval`.
struct Assignment {
  std::string name;
  std::vector<std::string> values;
  std::string origin;
};

/// In their order, a later one over an earlier one. The error names the origin.
Result<void, std::string> assign(ServeSettings& settings, std::span<const Assignment> assignments);

/// Those of `environment` (NAME=value) that name a setting; lists are separated by commas.
std::vector<Assignment> from_environment(std::span<const std::string> environment);

/// Variables of `environment` that were meant for a setting, as it seems, and name none: lines for people. Others that
/// begin with TORQ_ may be somebody else's.
std::vector<std::string> doubtful_variables(std::span<const std::string> environment);

/// A configuration file that says all defaults, each as a comment, explained.
std::string config_template();

/// Takes over what may change at run time, and tells what of it has: names of settings.
std::vector<std::string_view> adopt(ServeSettings& settings, const ServeSettings& fresh);

/// What differs in a way that only a restart can bring about: names of settings.
std::vector<std::string_view> needing_restart(const ServeSettings& before, const ServeSettings& after);

}  // namespace torq::app
