// SPDX-License-Identifier: MIT
// torq doctor: why a server cannot be used, or not fast.

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <csignal>
#include <future>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/torq/command/command_line.hpp"
#include "apps/torq/command/failures.hpp"
#include "apps/torq/command/trust_options.hpp"
#include "apps/torq/command/url_option.hpp"
#include "apps/torq/doctor/diagnosis.hpp"
#include "apps/torq/terminal/style.hpp"
#include "torq/base/sockaddr.hpp"
#include "torq/client/client.hpp"
#include "torq/net/system_entropy.hpp"

namespace torq::app {
namespace {

constexpr std::size_t kMostAddresses = 8;
constexpr Duration kEchoGap = std::chrono::milliseconds(15);
constexpr Duration kEchoPatience = std::chrono::milliseconds(1500);
constexpr Duration kHandshakePatience = std::chrono::seconds(4);
constexpr std::uint64_t kEnoughBytes = 64 * 1024 * 1024;
constexpr std::chrono::seconds kEnoughTime{5};

struct DoctorOptions {
  std::string url;
  TrustOptions trust;
  bool json = false;
};

// Checks and their printing -------------------------------------------------------------------------------------------

const char* word_of(Finding verdict) {
  constexpr std::array kWords = {"ok", "warn", "fail", "skip"};
  return kWords[static_cast<std::size_t>(verdict)];
}

std::string painted(const Style& style, Finding verdict) {
  const std::string word = fmt::format("{:<4}", word_of(verdict));
  if (verdict == Finding::kOk) return style.paint(Tint::kGood, word);
  if (verdict == Finding::kWarn) return style.paint(Tint::kDoubtful, word);
  return verdict == Finding::kFail ? style.paint(Tint::kBad, word) : word;
}

/// Says each check as it is made, and remembers the worst.
class Report {
 public:
  explicit Report(bool json) : json_(json), style_(style_of(STDOUT_FILENO)) {}

  void add(const Check& check) {
    code_ = worse(code_, check.code);
    json_ ? say_json(check) : say(check);
    std::cout.flush();
  }
  ExitCode code() const { return code_; }

 private:
  void say(const Check& check) const {
    std::cout << fmt::format("{}  {:<12}  {}\n", painted(style_, check.verdict), check.name, check.detail);
    if (!check.advice.empty()) std::cout << fmt::format("{:20}{}\n", "", check.advice);
  }
  void say_json(const Check& check) const {
    nlohmann::ordered_json line = {{"check", check.name}, {"result", word_of(check.verdict)}, {"detail", check.detail}};
    if (!check.advice.empty()) line["advice"] = check.advice;
    if (check.figure) {
      line["value"] = check.figure->value;
      line["unit"] = check.figure->unit;
    }
    std::cout << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  }

  const bool json_;
  const Style style_;
  ExitCode code_ = ExitCode::kOk;
};

// Measuring ----------------------------------------------------------------------------------------------------------

std::vector<SocketAddress> resolve(const client::Url& url, std::string& error) {
  if (const auto literal = parse_ip(url.host)) return {{*literal, url.port}};
  boost::asio::io_context loop;
  boost::asio::ip::udp::resolver resolver(loop);
  boost::system::error_code code;
  const auto results =
      resolver.resolve(url.host, std::to_string(url.port), boost::asio::ip::udp::resolver::numeric_service, code);
  if (code) error = code.message();
  std::vector<SocketAddress> addresses;
  for (const auto& result : results) {
    auto endpoint = result.endpoint();
    const auto address = from_sockaddr(reinterpret_cast<const sockaddr*>(endpoint.data()));
    const bool is_new = std::ranges::find(addresses, address) == addresses.end();
    if (is_new && addresses.size() < kMostAddresses) addresses.push_back(address);
  }
  return addresses;
}

EchoReport probe(const SocketAddress& address, std::vector<std::size_t> sizes) {
  net::SystemEntropy entropy;
  return echo(address, {std::move(sizes), kEchoGap, kEchoPatience}, entropy);
}

Encounter meet(const SocketAddress& address, const std::string& host) {
  Encounter encounter{address, probe(address, {1200, 1200, 1200}), {}};
  if (encounter.echo.refused) {
    encounter.trial.end.kind = quic::CloseKind::kHandshakeTimeout;
    return encounter;
  }
  encounter.trial = try_handshake(address, host, kHandshakePatience);
  return encounter;
}

/// Takes a download nowhere, and has enough of it after a while.
class Drain final : public client::FileSink {
 public:
  Result<void, std::string> begin(std::optional<std::uint64_t>) override {
    bytes_ = 0;
    return {};
  }
  Result<void, std::string> take(Bytes bytes) override {
    bytes_ += bytes.size();
    enough_ = bytes_ >= kEnoughBytes || std::chrono::steady_clock::now() - begun_ > kEnoughTime;
    if (enough_) return Failure(std::string("enough"));
    return {};
  }

  bool enough() const { return enough_; }
  std::uint64_t bytes() const { return bytes_; }
  std::chrono::duration<double> age() const { return std::chrono::steady_clock::now() - begun_; }

 private:
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t bytes_ = 0;
  bool enough_ = false;
};

Download download(client::Client& client, const client::Server& server, const std::string& name) {
  const auto drain = std::make_shared<Drain>();
  const auto fetched = client.fetch(server, name, drain);
  Download download{name, drain->bytes(), drain->age(), std::nullopt};
  if (!fetched && !drain->enough()) download.error = fetched.error();
  return download;
}

/// The largest file of the server's root, where it tells.
std::optional<std::string> probe_file(client::Client& client, const client::Server& server) {
  const auto listed = client.list(server, "");
  if (!listed) return std::nullopt;
  const wire::ListEntry* largest = nullptr;
  for (const wire::ListEntry& entry : listed->entries) {
    if (entry.type != wire::EntryType::kFile) continue;
    if (largest == nullptr || entry.size > largest->size) largest = &entry;
  }
  return largest == nullptr ? std::nullopt : std::optional(largest->name);
}

// The examination ----------------------------------------------------------------------------------------------------

client::Options patience_of_a_doctor() {
  client::Options options;
  options.connect_timeout = std::chrono::seconds(8);
  options.answer_timeout = std::chrono::seconds(10);
  options.progress_timeout = std::chrono::seconds(10);
  options.retries = 1;
  return options;
}

// In the order in which they count.
std::string name_of(const TrustOptions& options, const client::Url& url, const client::Trust& trust) {
  if (options.insecure) return "--insecure";
  if (options.pin) return "--pin";
  if (!url.pin.empty()) return "the pin in the URL";
  if (options.ca) return "--ca";
  return trust.recorded_pin().empty() ? "the system's certificate authorities" : "the key in " + trust.where();
}

void examine_machine(Report& report) {
  const UdpOffload offload = read_udp_offload();
  report.add(judge_gso(offload));
  report.add(judge_gro(offload));
  report.add(judge_buffers(offload));
}

void examine_way(Report& report, const SocketAddress& address) {
  constexpr std::size_t kProbes = 40;
  const EchoReport row = probe(address, std::vector<std::size_t>(kProbes, 1200));
  report.add(judge_round_trip(row));
  report.add(judge_loss(row));
  report.add(judge_mtu(probe(address, {1200, 1252, 1252, 1280, 1280, 1332, 1332, 1372, 1372, 1392, 1392, 1412, 1412,
                                       1432, 1432, 1452, 1452, 1452})));
}

void examine_service(Report& report, const client::Url& url, const client::Server& server, const std::string& trust) {
  client::Client client(patience_of_a_doctor());
  const auto capabilities = client.capabilities(server);
  const bool refused = !capabilities && capabilities.error().kind == client::ErrorKind::kTrust;
  report.add(judge_trust(trust, refused ? std::optional(capabilities.error()) : std::nullopt));
  if (refused) {
    report.add({"throughput", Finding::kSkip, "the server is not trusted; --insecure measures all the same"});
    return;
  }
  report.add(judge_capabilities(capabilities));
  const auto file = url.path.empty() ? probe_file(client, server) : std::optional(url.path);
  if (!file) {
    report.add({"throughput", Finding::kSkip, "no file to fetch: the server lists none; name one in the URL"});
    return;
  }
  report.add(judge_throughput(download(client, server, *file)));
}

/// All addresses of the server; the one that clients would end up with, if any works.
std::optional<Encounter> examine_addresses(Report& report, std::span<const SocketAddress> addresses,
                                           const std::string& host) {
  std::vector<std::future<Encounter>> meetings;  // at once: the silent ones take their time
  for (const SocketAddress& address : addresses)
    meetings.push_back(std::async(std::launch::async, meet, address, host));
  std::vector<Encounter> encounters;
  for (auto& meeting : meetings) encounters.push_back(meeting.get());
  const auto answers = [](const Encounter& encounter) { return encounter.answers(); };
  const auto best = std::ranges::max_element(
      encounters, {}, [](const Encounter& encounter) { return std::pair(encounter.connects(), encounter.answers()); });
  const bool any = std::ranges::any_of(encounters, answers);
  for (const Encounter& encounter : encounters) report.add(judge_udp(encounter, any));
  return any ? std::optional(*best) : std::nullopt;
}

// Nothing is left behind: each check is said when it is made, and a server forgets a connection that falls silent.
void end_at_signals() {
  const auto end = [](int) { ::_exit(static_cast<int>(ExitCode::kInterrupted)); };
  std::signal(SIGINT, end);
  std::signal(SIGTERM, end);
  std::signal(SIGPIPE, SIG_IGN);
}

ExitCode doctor(const DoctorOptions& options) {
  end_at_signals();
  const client::Url url = parse_url_argument(options.url);
  TrustRule rule(options.trust);
  std::optional<client::Trust> trust;
  if (!options.trust.trust_new) trust = rule.of(url);  // a bad option is said before the checks
  Report report(options.json);
  std::string error;
  const auto addresses = resolve(url, error);
  report.add(judge_name(url.host, addresses, error));
  if (addresses.empty()) return finish_output(report.code());
  const auto met = examine_addresses(report, addresses, url.host);
  if (met) {
    report.add(judge_versions(*met));
    report.add(judge_alpn(*met));
    report.add(judge_handshake(*met));
    report.add(judge_certificate(met->trial.certificate,
                                 std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
    examine_way(report, met->address);
  }
  examine_machine(report);
  if (met && met->connects()) {
    if (!trust) trust = rule.of(url);  // dials
    examine_service(report, url, client::server_of(url, *trust), name_of(options.trust, url, *trust));
  }
  return finish_output(report.code());
}

constexpr const char* kDoctorFooter = R"(Examples:
  torq doctor quic://tracker.example                    every check that needs no file
  torq doctor quic://tracker.example/big.iso            and how fast this file comes (5 s or 64 MiB at most)
  torq doctor quic://192.0.2.7:7001 --insecure --json   for programs

Each line is a check: ok, warn (works, but not well), fail, or skip (what it needs is missing), with what to do below it.
The exit code is that of the worst failure; a warning is none. Works with every server of the protocol.)";

}  // namespace

void add_doctor(Verb& command) {
  auto options = std::make_shared<DoctorOptions>();
  Verb verb = command.verb("doctor", "Find out why a server cannot be used, or not fast");
  verb.footer(kDoctorFooter);
  verb.option("URL", options->url, "quic://host[:7001][/file]").required().takes("");
  verb.flag("--json", options->json, "one JSON object per check on standard output");
  add_trust_options(verb, options->trust);
  verb.runs([options] { return doctor(*options); });
}

}  // namespace torq::app
