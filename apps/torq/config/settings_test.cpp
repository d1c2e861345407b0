// SPDX-License-Identifier: MIT
#include "apps/torq/config/settings.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "apps/torq/config/toml_text.hpp"

namespace torq::app {
namespace {

std::string error_of(std::string_view text) {
  const auto assignments = parse_toml(text, "torq.toml");
  if (!assignments) return assignments.error();
  ServeSettings settings;
  const auto applied = assign(settings, *assignments);
  return applied ? "" : applied.error();
}

ServeSettings settings_of(std::string_view text) {
  ServeSettings settings;
  const auto assignments = parse_toml(text, "torq.toml");
  EXPECT_TRUE(assignments) << assignments.error();
  const auto applied = assign(settings, *assignments);
  EXPECT_TRUE(applied) << applied.error();
  return settings;
}

// "# name = value" without its sign; comments that are prose stay.
std::string with_every_setting(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string bare = line.starts_with("# ") ? line.substr(2) : line;
    const bool is_setting = find_setting(bare.substr(0, bare.find(" = "))) != nullptr;
    result += (is_setting ? bare : line) + "\n";
  }
  return result;
}

TEST(ConfigTemplate, SaysTheDefaultsAsItIsAndWithEverySettingUncommented) {
  EXPECT_EQ(settings_of(config_template()), ServeSettings());
  const std::string all = with_every_setting(config_template());
  EXPECT_EQ(parse_toml(all, "torq.toml")->size(), serve_settings().size());
  EXPECT_EQ(settings_of(all), ServeSettings());
}

TEST(ConfigFile, SetsWhatItNames) {
  const ServeSettings settings = settings_of(R"(
    listen = ["127.0.0.1:7001", "[::1]:7002"]
    root = "/srv"
    interval = 120
    trusted_proxies = "192.0.2.1"
  )");

  EXPECT_EQ(settings.listen.size(), 2U);
  EXPECT_EQ(settings.root, "/srv");
  EXPECT_EQ(settings.interval, std::chrono::seconds(120));
  EXPECT_EQ(settings.trusted_proxies, std::vector{parse_ip("192.0.2.1").value()});
}

TEST(ConfigFile, IsRefusedWithFileLineAndWhatWouldBeRight) {
  EXPECT_EQ(error_of("root = \"a\"\nintervall = 60\n"),
            "torq.toml:2: there is no setting `intervall`; did you mean `interval`?");
  EXPECT_EQ(error_of("interval = \"60\""), "torq.toml:1: interval must be a whole number, for example 60");
  EXPECT_EQ(error_of("\n\ninterval = 0"), "torq.toml:3: interval: 0 is not a whole number from 1 to 86400");
  EXPECT_EQ(error_of("interval = -1"), "torq.toml:1: interval: -1 is not a whole number from 1 to 86400");
  EXPECT_EQ(
      error_of("listen = [\"localhost\"]"),
      "torq.toml:1: listen: localhost is not ADDRESS:PORT, for example 127.0.0.1:7001 or [::]:7001, nor such with "
      "quic://, udp://, https:// or http:// before it");
  EXPECT_EQ(error_of("listen = []"), "torq.toml:1: listen: names no address");
  EXPECT_EQ(error_of("[limits]\n"),
            "torq.toml:1: there is no setting `limits`; `torq config template` shows those there are");
  EXPECT_TRUE(error_of("root = \"a").starts_with("torq.toml:1: ")) << error_of("root = \"a");
}

TEST(Environment, NamesSettingsInCapitals) {
  const std::vector<std::string> environment = {"PATH=/bin", "TORQ_LISTEN=127.0.0.1:1,[::1]:2", "TORQ_INTERVAL=7",
                                                "TORQ"};
  ServeSettings settings;

  ASSERT_TRUE(assign(settings, from_environment(environment)));

  EXPECT_EQ(settings.listen.size(), 2U);
  EXPECT_EQ(settings.interval, std::chrono::seconds(7));
}

TEST(Settings, TakesTheLastWord) {
  ServeSettings settings;
  const std::vector<Assignment> said = {{"interval", {"10"}, "torq.toml:1"}, {"interval", {"20"}, "--interval"}};

  ASSERT_TRUE(assign(settings, said));

  EXPECT_EQ(settings.interval, std::chrono::seconds(20));
}

TEST(Settings, TellsWhatOnlyARestartChanges) {
  ServeSettings after;
  after.root = "/elsewhere";
  after.drain = std::chrono::seconds(1);

  EXPECT_EQ(needing_restart(ServeSettings(), after), std::vector<std::string_view>{"root"});
}

TEST(Settings, AdoptsWhatMayChangeAndNothingElse) {
  ServeSettings settings;
  settings.cert = "before";
  ServeSettings fresh;
  fresh.root = "/elsewhere";
  fresh.interval = std::chrono::seconds(7);
  fresh.limits.max_peers = 3;
  fresh.limits.max_streams = 4;
  fresh.limits.exempt = {};

  const auto changed = adopt(settings, fresh);

  EXPECT_EQ(changed, (std::vector<std::string_view>{"cert", "interval", "exempt", "max_peers"}));
  ServeSettings expected = fresh;
  expected.root = ServeSettings().root;
  expected.limits.max_streams = ServeSettings().limits.max_streams;
  EXPECT_EQ(settings, expected);
}

TEST(LimitSettings, AreReadFromTheFile) {
  const LimitSettings limits = settings_of(R"(
    retry = "always"
    max_connections = 7
    exempt = ["192.0.2.0/24", "2001:db8::1"]
    request_timeout = 5
    max_peers_per_address = 3
  )")
                                   .limits;

  EXPECT_EQ(limits.retry, quic::RetryPolicy::kAlways);
  EXPECT_EQ(limits.max_connections, 7U);
  EXPECT_EQ(limits.exempt.size(), 2U);
  EXPECT_EQ(limits.request_timeout, std::chrono::seconds(5));
  EXPECT_EQ(limits_of_store(limits).peers_per_address, 3U);
  EXPECT_EQ(limits_of_store(limits).exempt, limits.exempt);
  EXPECT_EQ(error_of("retry = \"often\""), "torq.toml:1: retry: often is not one of auto, always, never");
  EXPECT_EQ(error_of("exempt = [\"192.0.2.1/24\"]"),
            "torq.toml:1: exempt: 192.0.2.1/24 is not an IP address or a block of them, for example 192.0.2.0/24");
}

TEST(LimitSettings, NeverTellAClientOfMorePeersThanAStoreDrawsAtOnce) {
  const LimitSettings limits = settings_of("numwant = 0\nmax_numwant = 1000").limits;

  EXPECT_EQ(limits.numwant, 0U);
  EXPECT_EQ(limits.max_numwant, 1000U);
  EXPECT_NE(error_of("max_numwant = 1001").find("1000"), std::string::npos) << error_of("max_numwant = 1001");
}

TEST(LimitSettings, AreSharedOutAmongWorkers) {
  LimitSettings all;
  all.max_connections = 10;
  all.max_memory = 64;

  const quic::Limits share = limits_of_worker(all, 4);

  EXPECT_EQ(share.connections, 3U);
  EXPECT_EQ(share.memory, std::size_t{16} << 20);
  EXPECT_EQ(share.streams, all.max_streams);
  EXPECT_EQ(tcp_limits_of_worker(all, 4).connections, 5'000U);
  EXPECT_EQ(tcp_limits_of_worker(all, 4).memory, std::size_t{128} << 20);
}

TEST(Settings, WarnOfVariablesThatWereMeantForOne) {
  const std::vector<std::string> environment{"TORQ_INTERVALL=5", "TORQ_INTERVAL=5", "TORQ_CONFIG=x", "TORQ_BINARY=x",
                                             "TORQ_PEERS=x",     "TORQ_PORT=1",     "INTERVALL=5",   "TORQ_MAX_PEER"};

  EXPECT_EQ(doubtful_variables(environment),
            (std::vector<std::string>{"TORQ_INTERVALL means nothing; did you mean TORQ_INTERVAL?",
                                      "TORQ_MAX_PEER means nothing; did you mean TORQ_MAX_PEERS?"}));
}

}  // namespace
}  // namespace torq::app
