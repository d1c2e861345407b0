// SPDX-License-Identifier: MIT
#include "apps/torq/server/server.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "apps/torq/server/notify.hpp"
#include "apps/torq/server/pulse.hpp"
#include "apps/torq/server/server_vitals.hpp"
#include "apps/torq/server/status_report.hpp"
#include "apps/torq/server/status_socket.hpp"
#include "apps/torq/server/worker.hpp"
#include "apps/torq/state/identity.hpp"
#include "apps/torq/state/server_keys.hpp"
#include "apps/torq/state/snapshots.hpp"
#include "apps/torq/state/state_dir.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/swarm/memory_store.hpp"

namespace torq::app {
namespace {

constexpr unsigned kMostOwnWorkers = 64;
constexpr auto kPulsePeriod = std::chrono::seconds(1);     // how often it is looked whether all workers answer
constexpr auto kStatusPatience = std::chrono::seconds(1);  // with a worker that hangs
constexpr auto kRenewalPeriod = std::chrono::minutes(1);   // how often it is looked whether keys are due

template <class T, class E>
T or_fail(Result<T, E> result) {
  if (result) return std::move(*result);
  if constexpr (requires { result.error().text(); }) {
    throw StartError(result.error().text());
  } else {
    throw StartError(result.error());
  }
}

std::chrono::sys_seconds wall_clock_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Of Instant(), once for all workers.
Duration unix_time_at_zero() {
  return std::chrono::system_clock::now().time_since_epoch() - net::monotonic_now().time_since_epoch();
}

unsigned worker_count(const ServeSettings& settings) {
  return settings.workers > 0 ? settings.workers : std::clamp(std::thread::hardware_concurrency(), 1U, kMostOwnWorkers);
}

tracker::TrackerRules rules_of(const ServeSettings& settings) {
  tracker::TrackerRules rules;
  rules.interval = settings.interval;
  rules.default_numwant = settings.limits.numwant;
  rules.max_numwant = settings.limits.max_numwant;
  rules.trusted_proxies = settings.trusted_proxies;
  return rules;
}

// What else there is to respect is the tracker's, and may change.
wire::Limits limits_of(const LimitSettings& settings) {
  wire::Limits limits;
  limits.max_request_bytes = settings.max_request_bytes;
  limits.max_json_file_bytes = settings.max_json_file_bytes;
  return limits;
}

std::string full_path(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::canonical(path, error);
  return error ? path : full.string();
}

files::FileTree open_root(const std::string& root) {
  auto files = files::FileTree::at(root);
  if (!files)
    throw StartError("the root cannot be served: " + to_string(files.error()) + " (choose another with --root)");
  return std::move(*files);
}

Result<ServerIdentity, std::string> read_identity(const ServeSettings& settings, const StateDirectory& state) {
  return load_identity({settings.cert, settings.key}, state, wall_clock_now(), read_machine_names());
}

Result<quic::ServerTls, std::string> tls_of(const ServerIdentity& identity) {
  auto tls = quic::ServerTls::create(identity.cert_pem, identity.key_pem);
  if (!tls) return Failure("the certificate cannot be used: " + tls.error());
  return tls;
}

// A proxy that is believed connects for all its clients.
net::TcpLimits tcp_limits_of(const ServeSettings& settings, unsigned workers) {
  constexpr unsigned kAllBits = 128;
  net::TcpLimits limits = tcp_limits_of_worker(settings.limits, workers);
  for (const IpAddress& proxy : settings.trusted_proxies) limits.exempt.push_back(prefix_of(proxy, kAllBits));
  return limits;
}

swarm::MemoryStore make_store(Entropy& entropy, const tracker::TrackerRules& rules, const LimitSettings& limits) {
  return {swarm::SipKey{{net::draw_seed(entropy), net::draw_seed(entropy)}}, rules.peer_lifetime(),
          limits_of_store(limits)};
}

// HTTP/3 is found at the number of the first QUIC door, on whatever host was asked.
std::string alt_svc_of(const std::vector<Listening>& doors) {
  const auto quic = std::ranges::find(doors, Door::kQuic, &Listening::door);
  return quic == doors.end() ? "" : fmt::format("h3=\":{}\"", quic->address.port);
}

// Two beats may be late before a service manager thinks that we hang.
Pulse::Clock::duration pulse_period(const Notify& notify) {
  if (!notify.watchdog()) return kPulsePeriod;
  return std::min<Pulse::Clock::duration>(*notify.watchdog() / 3, kPulsePeriod);
}

// Each download under way holds a file. The usual soft limit is for programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Impl {
  SettingSources sources;
  ServeSettings settings;
  Log log;
  Notify notify{read_notify_environment()};
  files::FileTree files;
  StateDirectory state;
  ServerIdentity identity;
  Listeners listeners;
  net::SystemEntropy entropy;
  ServerKeys keys;
  swarm::MemoryStore store;
  tracker::Tracker tracker;
  ServerVitals vitals;
  Duration unix_epoch = unix_time_at_zero();
  doors::udp::ConnectionIds udp_ids;
  Shared shared;
  Ready ready;
  std::vector<std::unique_ptr<Worker>> workers;
  boost::asio::io_context loop{1};
  Snapshots snapshots{store, state.file("swarms"), [this](const std::string& what) { warn(what); }};
  std::optional<Pulse> pulse;
  std::optional<StatusSocket> status;
  const Pulse::Clock::time_point begun = Pulse::Clock::now();
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> until_stopped{loop.get_executor()};
  boost::asio::steady_timer renewal{loop};
  SignalWatch* signals = nullptr;  // while it runs
  std::size_t running = 0;
  std::size_t draining = 0;

  Impl(SettingSources from, ServeSettings what)
      : sources(std::move(from)),
        settings(std::move(what)),
        log({.format = settings.log_format, .level = settings.log_level}),
        files(open_root(settings.root)),
        state(or_fail(StateDirectory::open(or_fail(state_path(settings.state, read_state_environment()))))),
        identity(or_fail(read_identity(settings, state))),
        listeners(or_fail(listen_at(settings.listen, worker_count(settings)))),
        keys(ServerKeys::load(state, wall_clock_now(), entropy)),
        store(make_store(entropy, rules_of(settings), settings.limits)),
        tracker(store, rules_of(settings)),
        vitals(store, net::monotonic_now()),
        udp_ids(keys.udp_key(), unix_epoch),
        shared{store, tracker, files, vitals, limits_of(settings.limits), udp_ids, alt_svc_of(listeners.doors), log},
        ready{listeners.doors, identity.pin, full_path(settings.root), worker_count(settings)} {
    raise_descriptor_limit();
    for (const std::string& warning : identity.warnings) warn(warning);
    const quic::ServerTls tls = or_fail(tls_of(identity));
    warn_of_keys();
    restore_swarms();
    for (unsigned i = 0; i < ready.workers; ++i) {
      workers.push_back(std::make_unique<Worker>(shared, endpoint_options(tls, {i, ready.workers}),
                                                 tcp_limits_of(settings, ready.workers),
                                                 std::move(listeners.workers[i])));
    }
  }

  quic::EndpointOptions endpoint_options(const quic::ServerTls& tls, quic::WorkerSlot slot) const {
    quic::EndpointOptions options;
    options.server = tls;
    options.secrets = keys.secrets();
    options.unix_time_at_zero = unix_epoch;
    options.worker = slot;
    options.limits = limits_of_worker(settings.limits, slot.count);
    return options;
  }

  void warn(const std::string& what) { log.write(LogLevel::kWarning, what); }

  void restore_swarms() {
    if (settings.snapshot_interval.count() == 0) return;
    const auto warning = load_snapshot(store, state.file("swarms"), tracker.rules().peer_lifetime(),
                                       read_snapshot_clock(), ready.workers);
    if (warning) warn(*warning);
    const swarm::StoreFigures back = store.figures();
    if (back.swarms > 0) {
      log.write(LogLevel::kInfo, "back from the last run", {{"swarms", back.swarms}, {"peers", back.peers}});
    }
  }

  void warn_of_keys() {
    if (const auto warning = keys.take_warning()) warn(*warning);
  }

  void renew_keys_when_due() {
    renewal.expires_after(kRenewalPeriod);
    renewal.async_wait([this](boost::system::error_code error) {
      if (error) return;
      if (keys.renew_if_due(wall_clock_now(), entropy)) {
        for (const auto& worker : workers) worker->renew_secrets(keys.secrets());
      }
      warn_of_keys();
      renew_keys_when_due();
    });
  }

  void stop_at_once() {
    snapshots.abandon();
    stop();
  }

  void stop() {
    for (const auto& worker : workers) worker->stop();
  }

  void begin_to_tell() {
    pulse.emplace(loop, workers, pulse_period(notify), [this] { notify.beat(); });
    pulse->start();
    auto socket = StatusSocket::open(loop, state.path());
    if (!socket) return warn(socket.error());
    status.emplace(std::move(*socket));
    status->start([this](const StatusSocket::Say& say) {
      const auto late = std::make_shared<boost::asio::steady_timer>(loop, kStatusPatience);
      late->async_wait([this, say](boost::system::error_code) { say(encode_status(figures())); });
      pulse->ask([late] { late->cancel(); });
    });
  }

  ServerFigures figures() const {
    return {.begun = begun,
            .now = Pulse::Clock::now(),
            .process = ::getpid(),
            .workers = pulse->readings(),
            .store = store.figures(),
            .store_bytes = store.bytes(),
            .used = read_process_figures(::getpid()).value_or(ProcessFigures{}),
            .limits = read_process_limits(),
            .lost_lines = log.lost()};
  }

  std::string summary() const {
    return fmt::format("{} worker{}, pin {}", ready.workers, ready.workers == 1 ? "" : "s", identity.pin);
  }

  // All workers end together: a datagram for the last of them may reach another one's socket.
  void drain() {
    notify.stopping(settings.drain);
    vitals.begin_to_end();
    draining = workers.size();
    for (const auto& worker : workers) {
      worker->drain(settings.drain, [this] {
        boost::asio::post(loop, [this] {
          if (--draining > 0) return;
          signals->note_answered();
          stop();
        });
      });
    }
  }

  void handle_hangup() {
    if (!vitals.is_ready()) return;  // it is ending
    notify.reloading();
    const auto outcome = reload();
    if (!outcome) warn("nothing was reloaded: " + outcome.error());
    notify.ready(summary());
  }

  // All of it or nothing: what cannot be read leaves everything as it was.
  Result<void, std::string> reload() {
    const auto fresh = load_settings(sources);
    if (!fresh) return Failure(fresh.error());
    auto new_identity = read_identity(*fresh, state);
    if (!new_identity) return Failure(new_identity.error());
    const auto tls = tls_of(*new_identity);
    if (!tls) return Failure(tls.error());
    for (const auto& worker : workers) worker->use(*tls);
    for (const std::string& warning : new_identity->warnings) warn(warning);
    const auto left = needing_restart(settings, *fresh);
    if (!left.empty()) warn(fmt::format("only a restart changes {}", fmt::join(left, ", ")));
    const auto changed = adopt(settings, *fresh);
    log.set_level(settings.log_level);
    obey_rules_and_limits();
    identity = std::move(*new_identity);
    log.write(LogLevel::kInfo, "reloaded",
              {{"pin", identity.pin}, {"changed", fmt::format("{}", fmt::join(changed, ", "))}});
    return {};
  }

  // The store first: peers must not be told to stay away for longer than it remembers them.
  void obey_rules_and_limits() {
    const tracker::TrackerRules rules = rules_of(settings);
    store.use(net::monotonic_now(), rules.peer_lifetime(), limits_of_store(settings.limits));
    tracker.use(rules);
    for (const auto& worker : workers) {
      worker->use(limits_of_worker(settings.limits, ready.workers), tcp_limits_of(settings, ready.workers));
    }
  }

  void run(SignalWatch& watch, const std::function<bool(Log&)>& started) {
    signals = &watch;
    renew_keys_when_due();
    if (settings.snapshot_interval.count() > 0) snapshots.start(settings.snapshot_interval);
    running = workers.size();
    Worker::start(workers, [this] {
      boost::asio::post(loop, [this] {
        if (--running > 0) return;
        snapshots.finish([this] { boost::asio::post(loop, [this] { loop.stop(); }); });
      });
    });
    begin_to_tell();
    if (started(log)) {
      notify.ready(summary());
      watch.tell({.end = [this] { boost::asio::post(loop, [this] { drain(); }); },
                  .reload = [this] { boost::asio::post(loop, [this] { handle_hangup(); }); }});
    } else {
      stop_at_once();
    }
    loop.run();
    watch.tell_nobody();
  }
};

Server::Server(SettingSources sources, ServeSettings settings)
    : impl_(std::make_unique<Impl>(std::move(sources), std::move(settings))) {}
Server::~Server() = default;

const Ready& Server::ready() const { return impl_->ready; }
void Server::run(SignalWatch& signals, const std::function<bool(Log&)>& started) { impl_->run(signals, started); }

}  // namespace torq::app
