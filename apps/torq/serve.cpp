// SPDX-License-Identifier: MIT
// torq serve: the tracker and the file server.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/log/bounded_write.hpp"
#include "apps/torq/server/server.hpp"
#include "torq/quic/tls.hpp"

namespace torq::app {
namespace {

struct ServeOptions {
  std::optional<std::string> config;
  std::map<const Setting*, std::vector<std::string>> flags;
  bool json = false;
};

nlohmann::ordered_json ready_event(const Ready& ready) {
  auto listen = nlohmann::ordered_json::array();
  for (const auto& [door, address] : ready.doors) {
    listen.push_back({{"door", name_of(door)}, {"address", to_string(address.ip)}, {"port", address.port}});
  }
  return {{"event", "ready"}, {"listen", listen},   {"alpn", {quic::kAlpn}},
          {"pin", ready.pin}, {"root", ready.root}, {"workers", ready.workers}};
}

// `127.0.0.1:7001 (quic, udp, https, http)` for each address.
std::vector<std::string> describe(const std::vector<Listening>& doors) {
  std::vector<std::pair<SocketAddress, std::vector<std::string_view>>> places;
  for (const auto& [door, address] : doors) {
    auto place = std::ranges::find(places, address, [](const auto& known) { return known.first; });
    if (place == places.end()) place = places.insert(place, {address, {}});
    place->second.push_back(name_of(door));
  }
  std::vector<std::string> texts;
  for (const auto& [address, names] : places) {
    texts.push_back(fmt::format("{} ({})", to_string(address), fmt::join(names, ", ")));
  }
  return texts;
}

// Where someone on this machine reaches an address that we listen on.
std::string url_of(const SocketAddress& address) {
  if (address.ip.is_unspecified()) return fmt::format("quic://localhost:{}", address.port);
  return "quic://" + to_string(address);
}

// What our own commands can ask; they speak QUIC.
std::string examples(const Ready& ready) {
  if (ready.doors.front().door != Door::kQuic) return "";
  return fmt::format(
      "Try in another terminal:\n"
      "  torq capabilities {url} --pin {pin}\n"
      "  torq announce {url} 0123456789abcdef0123456789abcdef01234567 --port 6881 --pin {pin}\n"
      "  torq get {url}/hello_world.txt --pin {pin}\n\n",
      fmt::arg("url", url_of(ready.doors.front().address)), fmt::arg("pin", ready.pin));
}

std::string banner(const Ready& ready) {
  return fmt::format(
      "torq serves {root} on {listening}, {workers} worker{s}\n"
      "pin {pin}\n\n{examples}"
      "Ctrl-C ends it.\n",
      fmt::arg("root", ready.root), fmt::arg("listening", fmt::join(describe(ready.doors), ", ")),
      fmt::arg("workers", ready.workers), fmt::arg("s", ready.workers == 1 ? "" : "s"), fmt::arg("pin", ready.pin),
      fmt::arg("examples", examples(ready)));
}

// Not by iostreams: who reads may have stopped reading, and the server must not wait for that.
bool say_ready(const Ready& ready, const ServeOptions& options, LogFormat log_format, Log& log) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  if (options.json) {
    const std::string line = ready_event(ready).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return write_in_time(STDOUT_FILENO, line, deadline);
  }
  if (log_format == LogFormat::kJson) {
    log.write(LogLevel::kInfo, "ready",
              {{"listen", fmt::format("{}", fmt::join(describe(ready.doors), ", "))},
               {"pin", ready.pin},
               {"root", ready.root}});
  } else {
    write_in_time(STDERR_FILENO, banner(ready), deadline);
  }
  return true;
}

ExitCode run_server(const SettingSources& sources, const ServeSettings& settings, const ServeOptions& options,
                    SignalWatch& signals) {
  Server server(sources, settings);
  ExitCode code = ExitCode::kOk;
  server.run(signals, [&](Log& log) {
    if (say_ready(server.ready(), options, settings.log_format, log)) return true;
    log.write(LogLevel::kError, "standard output did not take the ready line: who waits for it would wait for ever");
    code = ExitCode::kDisk;
    return false;
  });
  return code;
}

ExitCode serve(const ServeOptions& options) {
  SettingSources sources{options.config, read_environment(), {}};
  for (const auto& [setting, values] : options.flags) {
    if (!values.empty()) sources.flags.push_back({std::string(setting->name), values, setting->flag()});
  }
  const auto settings = load_settings(sources);
  if (!settings) throw UsageError(settings.error());
  std::signal(SIGPIPE, SIG_IGN);  // who reads our lines may go away
  const LogOptions lines{.format = settings->log_format};
  if (settings->log_level >= LogLevel::kWarning) {
    for (const auto& line : doubtful_variables(sources.environment)) write_line(lines, LogLevel::kWarning, shown(line));
  }
  SignalWatch signals([&lines](SignalWatch::Loss loss) {
    const bool lost = loss == SignalWatch::Loss::kRequests;
    write_line(lines, LogLevel::kWarning,
               lost ? "a second signal ends this at once; what was under way is cut off"
                    : "a second signal ends this at once; all that was asked is answered");
    ::_exit(static_cast<int>(lost ? ExitCode::kInterrupted : ExitCode::kOk));
  });
  try {
    return run_server(sources, *settings, options, signals);
  } catch (const StartError& error) {
    if (settings->log_format == LogFormat::kText) throw;
    write_line(lines, LogLevel::kError, error.what());
    return ExitCode::kOther;
  }
}

constexpr const char* kServeFooter = R"(Examples:
  torq serve                                  this folder's ./seed, on port 7001 of all addresses
  torq serve --root /srv/images --listen 192.0.2.7:7001 --cert chain.pem --key key.pem
  torq serve --listen 127.0.0.1:0 --json      a free port; the ready line says which
  torq serve --config /etc/torq.toml          see `torq config template`
  torq serve --log-format json 2>> torq.log   a line for each warning and each connection that failed

Each option but --config and --json may also stand in the configuration file (`interval = 60`) and in the environment
(TORQ_INTERVAL=60), where there are limits besides (`max_connections = 20000`). The command line beats the environment,
that the file, and that the default.

`torq status` asks it how it is. SIGINT and SIGTERM answer what was asked (for the seconds of --drain), close every
connection and end; a second one ends at once, with exit code 7. SIGHUP reads the configuration, the certificate and its key
again, without touching a connection; what cannot be read changes nothing, and what only a restart can change is named.)";

// On a command line that is a shell's variable without a value, and its default would not be what was meant.
std::string check_filled(const std::string& text) { return text.empty() ? "must not be empty" : ""; }

void add_setting(Verb& verb, ServeOptions& options, const Setting& setting) {
  const std::vector<std::string> defaults = setting.get(ServeSettings());
  Option option =
      verb.option(setting.flag(), options.flags[&setting], std::string(setting.help)).takes(std::string(setting.value));
  option.says_default(fmt::format("{}", fmt::join(defaults, ",")));
  if (setting.form == ValueForm::kText) option.check(check_filled);
  option.takes_one_each(setting.form == ValueForm::kTexts);
}

}  // namespace

void add_serve(Verb& command) {
  auto options = std::make_shared<ServeOptions>();
  Verb verb = command.verb("serve", "Run a tracker and serve the files of a folder");
  verb.footer(kServeFooter);
  verb.option("--config", options->config, "configuration file, TOML").takes("FILE").or_environment("TORQ_CONFIG");
  for (const Setting& setting : serve_settings()) {
    if (setting.has_flag) add_setting(verb, *options, setting);
  }
  verb.flag("--json", options->json, "say ready in one line of JSON on standard output");
  verb.runs([options] { return serve(*options); });
}

}  // namespace torq::app
