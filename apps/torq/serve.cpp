// SPDX-License-Identifier: MIT
// torq serve: the tracker and the file server.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "apps/torq/identity.hpp"
#include "apps/torq/server_keys.hpp"
#include "apps/torq/state_dir.hpp"
#include "apps/torq/verb.hpp"
#include "apps/torq/worker.hpp"
#include "torq/net/clock.hpp"
#include "torq/net/system_entropy.hpp"
#include "torq/net/udp_listen.hpp"
#include "torq/swarm/memory_store.hpp"

namespace torq::app {
namespace {

constexpr std::chrono::nanoseconds kDrainDeadline = std::chrono::seconds(5);
// A request waits in its stream's window until it is whole, and one byte more must fit to see that it is too large.
constexpr std::uint64_t kWindowBeyondRequest = 4 * 1024;
constexpr unsigned kMostWorkers = 64;
constexpr auto kRenewalPeriod = std::chrono::minutes(1);  // how often it is looked whether keys are due

struct ServeOptions {
  std::vector<std::string> listen;
  std::string root = "./seed";
  IdentityFiles identity;
  std::optional<std::string> state;
  unsigned interval = 60;
  unsigned workers = 0;
  bool json = false;
};

/// What stops the server from starting, for people.
struct StartError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<SocketAddress> listen_addresses(const ServeOptions& options) {
  if (options.listen.empty()) return {{parse_ip("::").value(), 7001}};
  std::vector<SocketAddress> addresses;
  for (const std::string& text : options.listen) {
    const auto address = parse_socket_address(text);
    if (!address)
      throw CLI::ValidationError("--listen", text + " is not ADDRESS:PORT, for example 127.0.0.1:7001 or [::]:7001");
    addresses.push_back(*address);
  }
  return addresses;
}

wire::Limits limits_of(const tracker::TrackerRules& rules) {
  wire::Limits limits;
  limits.interval = rules.interval;
  limits.min_interval = std::min(limits.min_interval, rules.interval);
  limits.max_numwant = rules.max_numwant;
  return limits;
}

// Of Instant(), once for all workers.
Duration unix_time_at_zero() {
  return std::chrono::system_clock::now().time_since_epoch() - net::monotonic_now().time_since_epoch();
}

quic::EndpointOptions endpoint_options(const ServerIdentity& identity, const wire::Limits& limits,
                                       const quic::Secrets& secrets, Duration unix_time_at_zero,
                                       quic::WorkerSlot slot) {
  quic::EndpointOptions options;
  auto tls = quic::ServerTls::create(identity.cert_pem, identity.key_pem);
  if (!tls) throw StartError("the certificate cannot be used: " + tls.error());
  options.server = std::move(*tls);
  options.secrets = secrets;
  options.worker = slot;
  options.unix_time_at_zero = unix_time_at_zero;
  options.limits.stream_window = limits.max_request_bytes + kWindowBeyondRequest;
  options.limits.connection_window = options.limits.streams * options.limits.stream_window;
  return options;
}

std::string full_path(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::canonical(path, error);
  return error ? path : full.string();
}

nlohmann::ordered_json ready_event(const ServeOptions& options, const std::vector<SocketAddress>& addresses,
                                   const ServerIdentity& identity, unsigned workers) {
  auto listen = nlohmann::ordered_json::array();
  for (const SocketAddress& address : addresses) {
    listen.push_back({{"door", "quic"}, {"address", to_string(address.ip)}, {"port", address.port}});
  }
  return {{"event", "ready"},
          {"listen", listen},
          {"alpn", {quic::kAlpn}},
          {"pin", identity.pin},
          {"root", full_path(options.root)},
          {"workers", workers}};
}

// Where someone on this machine reaches an address that we listen on.
std::string url_of(const SocketAddress& address) {
  if (address.ip.is_unspecified()) return fmt::format("quic://localhost:{}", address.port);
  return "quic://" + to_string(address);
}

std::string banner(const ServeOptions& options, const std::vector<SocketAddress>& addresses,
                   const ServerIdentity& identity, unsigned workers) {
  std::vector<std::string> listening;
  for (const SocketAddress& address : addresses) listening.push_back(to_string(address));
  return fmt::format(
      "torq serves {root} on {listening} (QUIC, ALPN {alpn}; {workers} worker{s})\n"
      "pin {pin}\n\n"
      "Try in another terminal:\n"
      "  torq capabilities {url} --pin {pin}\n"
      "  torq announce {url} 0123456789abcdef0123456789abcdef01234567 --port 6881 --pin {pin}\n"
      "  torq get {url}/hello_world.txt --pin {pin}\n\n"
      "Ctrl-C ends it.\n",
      fmt::arg("root", full_path(options.root)), fmt::arg("listening", fmt::join(listening, ", ")),
      fmt::arg("alpn", quic::kAlpn), fmt::arg("workers", workers), fmt::arg("s", workers == 1 ? "" : "s"),
      fmt::arg("pin", identity.pin), fmt::arg("url", url_of(addresses.front())));
}

void say_ready(const ServeOptions& options, const std::vector<SocketAddress>& addresses, const ServerIdentity& identity,
               unsigned workers) {
  if (options.json) {
    std::cout << ready_event(options, addresses, identity, workers).dump() << std::endl;
  } else {
    std::cerr << banner(options, addresses, identity, workers) << std::flush;
  }
}

std::chrono::sys_seconds wall_clock_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

void warn_of(ServerKeys& keys) {
  if (const auto warning = keys.take_warning()) std::cerr << "torq: warning: " << *warning << '\n';
}

void renew_keys_when_due(boost::asio::steady_timer& timer, std::span<const std::unique_ptr<Worker>> workers,
                         ServerKeys& keys, Entropy& entropy) {
  timer.expires_after(kRenewalPeriod);
  timer.async_wait([=, &timer, &keys, &entropy](boost::system::error_code error) {
    if (error) return;
    if (keys.renew_if_due(wall_clock_now(), entropy)) {
      for (const auto& worker : workers) worker->renew_secrets(keys.secrets());
    }
    warn_of(keys);
    renew_keys_when_due(timer, workers, keys, entropy);
  });
}

// The first SIGINT or SIGTERM drains, a second one ends at once.
void run_until_stopped(std::span<const std::unique_ptr<Worker>> workers, ServerKeys& keys, Entropy& entropy,
                       const std::function<void()>& started) {
  boost::asio::io_context loop{1};
  std::size_t running = workers.size();
  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](boost::system::error_code, int) {
    for (const auto& worker : workers) worker->drain(kDrainDeadline);
    signals.async_wait([&](boost::system::error_code error, int) {
      for (const auto& worker : workers) {
        if (!error) worker->stop();
      }
    });
  });
  boost::asio::steady_timer renewal(loop);
  renew_keys_when_due(renewal, workers, keys, entropy);
  Worker::start(workers, [&] {
    boost::asio::post(loop, [&] {
      if (--running == 0) loop.stop();
    });
  });
  started();
  loop.run();
}

ExitCode serve(const ServeOptions& options) {
  const auto addresses = listen_addresses(options);
  const unsigned count =
      options.workers > 0 ? options.workers : std::clamp(std::thread::hardware_concurrency(), 1U, kMostWorkers);
  const auto files = files::FileTree::at(options.root);
  if (!files)
    throw StartError("the root cannot be served: " + to_string(files.error()) + " (choose another with --root)");
  const auto state_folder = state_path(options.state, read_state_environment());
  if (!state_folder) throw StartError(state_folder.error());
  const auto state = StateDirectory::open(*state_folder);
  if (!state) throw StartError(state.error());
  const auto identity = load_identity(options.identity, *state, wall_clock_now(), read_machine_names());
  if (!identity) throw StartError(identity.error());
  if (identity->warning) std::cerr << "torq: warning: " << *identity->warning << '\n';
  auto listeners = net::listen_udp(addresses, count);
  if (!listeners) throw StartError(listeners.error().text());

  net::SystemEntropy entropy;
  tracker::TrackerRules rules;
  rules.interval = std::chrono::seconds(options.interval);
  const swarm::SipKey key{{net::draw_seed(entropy), net::draw_seed(entropy)}};
  swarm::MemoryStore store(key, rules.peer_lifetime());
  const tracker::Tracker tracker(store, rules);
  const Shared shared{store, tracker, *files, limits_of(rules)};
  ServerKeys keys = ServerKeys::load(*state, wall_clock_now(), entropy);
  warn_of(keys);
  const Duration epoch = unix_time_at_zero();
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < count; ++i) {
    workers.push_back(
        std::make_unique<Worker>(shared, endpoint_options(*identity, shared.limits, keys.secrets(), epoch, {i, count}),
                                 std::move(listeners->sockets[i])));
  }
  run_until_stopped(workers, keys, entropy, [&] { say_ready(options, listeners->addresses, *identity, count); });
  return ExitCode::kOk;
}

constexpr const char* kFooter = R"(Examples:
  torq serve                                  this folder's ./seed, on port 7001 of all addresses
  torq serve --root /srv/images --listen 192.0.2.7:7001 --cert chain.pem --key key.pem
  torq serve --listen 127.0.0.1:0 --json      a free port; the ready line says which

SIGINT and SIGTERM answer what was asked (5 s at most), close every connection and end.)";

}  // namespace

void add_serve(CLI::App& command, Action& action) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* verb = command.add_subcommand("serve", "Run a tracker and serve the files of a folder");
  verb->footer(kFooter);
  verb->add_option("--listen", options->listen, "address and UDP port; may be repeated; port 0 picks a free one")
      ->type_name("ADDR:PORT")
      ->default_str("[::]:7001, both families");
  verb->add_option("--root", options->root, "folder whose files are served")->type_name("DIR")->capture_default_str();
  CLI::Option* certificate = verb->add_option("--cert", options->identity.cert,
                                              "certificate chain, PEM; without it a self-signed one is made and kept")
                                 ->type_name("FILE");
  CLI::Option* key =
      verb->add_option("--key", options->identity.key, "private key of the certificate, PEM")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  verb->add_option("--state", options->state, "folder for what must survive a restart")
      ->type_name("DIR")
      ->default_str("$XDG_STATE_HOME/torq");
  verb->add_option("--interval", options->interval, "seconds between two announces of a peer")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  verb->add_option("--workers", options->workers, "threads, each with its own socket")
      ->type_name("N")
      ->check(CLI::Range(1U, kMostWorkers))
      ->default_str("one per core");
  verb->add_flag("--json", options->json, "say ready in one line of JSON on standard output");
  verb->callback([options, &action] { action = [options] { return serve(*options); }; });
}

}  // namespace torq::app
