// SPDX-License-Identifier: MIT
#include "apps/torq/doctor/diagnosis.hpp"

#include <gtest/gtest.h>

namespace torq::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_seconds;
using testing::Test;

const SocketAddress kServer{*parse_ip("192.0.2.7"), 7001};

/// An address with nothing behind it; the verbs put something there.
class Met : public Test {
 protected:
  void answers_probes() {
    encounter.echo.echoes = {{1200, 20ms}, {1200, 10ms}, {1200, std::nullopt}};
    encounter.echo.versions = {1};
  }
  void connects() { encounter.trial.took = 50ms; }
  void fails(quic::CloseKind kind, std::uint64_t code = 0) { encounter.trial.end = {kind, code, "words", ""}; }

  Encounter encounter{
      kServer, {{{1200, std::nullopt}}, {}, {}}, {{}, {}, {quic::CloseKind::kHandshakeTimeout, 0, "", ""}}};
};

TEST_F(Met, SilenceIsAFirewall) {
  const Check check = judge_udp(encounter, false);

  EXPECT_EQ(check.verdict, Finding::kFail);
  EXPECT_EQ(check.code, ExitCode::kNetwork);
  EXPECT_NE(check.advice.find("ufw allow 7001/udp"), std::string::npos);
}

TEST_F(Met, AClosedPortIsNoFirewall) {
  encounter.echo.refused = std::make_error_code(std::errc::connection_refused);

  const Check check = judge_udp(encounter, false);

  EXPECT_EQ(check.verdict, Finding::kFail);
  EXPECT_EQ(check.advice.find("ufw"), std::string::npos);
  EXPECT_NE(check.detail.find("nothing listens"), std::string::npos);
}

TEST_F(Met, ADeadAddressBesideALivingOneIsAWarning) {
  const Check check = judge_udp(encounter, true);

  EXPECT_EQ(check.verdict, Finding::kWarn);
  EXPECT_EQ(check.code, ExitCode::kOk);
}

TEST_F(Met, AServerThatOnlyShakesHandsIsReachable) {
  connects();

  EXPECT_EQ(judge_udp(encounter, false).verdict, Finding::kOk);
  EXPECT_EQ(judge_versions(encounter).verdict, Finding::kOk);
}

TEST_F(Met, AServerThatRefusesTheHandshakeIsReachable) {
  fails(quic::CloseKind::kPeerTransport, quic::kNoApplicationProtocol);

  EXPECT_EQ(judge_udp(encounter, false).verdict, Finding::kOk);
  EXPECT_EQ(judge_alpn(encounter).verdict, Finding::kFail);
  EXPECT_EQ(judge_handshake(encounter).code, ExitCode::kNetwork);
}

TEST_F(Met, AVersionThatWeDoNotSpeakFails) {
  answers_probes();
  EXPECT_EQ(judge_versions(encounter).verdict, Finding::kOk);

  encounter.echo.versions = {0x6b3343cf};
  const Check check = judge_versions(encounter);

  EXPECT_EQ(check.verdict, Finding::kFail);
  EXPECT_NE(check.detail.find("0x6b3343cf"), std::string::npos);
}

TEST_F(Met, TheWayHasItsFigures) {
  answers_probes();

  EXPECT_NEAR(judge_round_trip(encounter.echo).figure->value, 20, 0.01);
  EXPECT_NEAR(judge_loss(encounter.echo).figure->value, 33.3, 0.1);
  EXPECT_EQ(judge_loss(encounter.echo).verdict, Finding::kWarn);
  EXPECT_EQ(judge_mtu(encounter.echo).figure->value, 1200);
  EXPECT_EQ(judge_mtu(encounter.echo).verdict, Finding::kWarn);
}

TEST_F(Met, AWayWithoutAnswersHasNoFigures) {
  EXPECT_EQ(judge_round_trip(encounter.echo).verdict, Finding::kSkip);
  EXPECT_EQ(judge_loss(encounter.echo).verdict, Finding::kSkip);
  EXPECT_EQ(judge_mtu(encounter.echo).verdict, Finding::kSkip);
}

TEST(Name, SaysTheFamilies) {
  const SocketAddress v6{*parse_ip("2001:db8::7"), 7001};
  EXPECT_NE(judge_name("a", std::vector{kServer}, "").detail.find("IPv4 only"), std::string::npos);
  EXPECT_NE(judge_name("a", std::vector{v6}, "").detail.find("IPv6 only"), std::string::npos);
  EXPECT_NE(judge_name("a", std::vector{v6, kServer}, "").detail.find("both families"), std::string::npos);
  EXPECT_EQ(judge_name("a", {}, "Host not found").code, ExitCode::kNetwork);
}

TEST(Certificate, IsJudgedByItsDates) {
  const sys_seconds begin(1'700'000'000s);
  const quic::CertificateFacts facts{{"a"}, "CN=x", true, begin, begin + days(90), "sha256:00"};

  EXPECT_EQ(judge_certificate(facts, begin + days(1)).verdict, Finding::kOk);
  EXPECT_EQ(judge_certificate(facts, begin + days(1)).figure->value, 89);
  EXPECT_EQ(judge_certificate(facts, begin - days(1)).verdict, Finding::kWarn);
  EXPECT_EQ(judge_certificate(facts, begin + days(80)).verdict, Finding::kWarn);
  EXPECT_EQ(judge_certificate(facts, begin + days(91)).verdict, Finding::kWarn);
  EXPECT_EQ(judge_certificate(std::nullopt, begin).verdict, Finding::kSkip);
}

TEST(Certificate, CannotSendControlCharactersToATerminal) {
  const sys_seconds begin(1'700'000'000s);
  const quic::CertificateFacts facts{{"a\x1b[31m"}, "CN=\x1b]0;x", false, begin, begin + days(90), "sha256:00"};

  EXPECT_EQ(judge_certificate(facts, begin + days(1)).detail.find('\x1b'), std::string::npos);
}

TEST(TrustSetting, RefusedIsItsOwnExitCode) {
  const client::Error refusal{client::ErrorKind::kTrust, "", "refused", "trust its key with --pin", "sha256:00"};
  EXPECT_EQ(judge_trust("--pin", refusal).code, ExitCode::kTrustRefused);
  EXPECT_EQ(judge_trust("--pin", std::nullopt).verdict, Finding::kOk);
  EXPECT_EQ(judge_trust("--insecure", std::nullopt).verdict, Finding::kWarn);
}

TEST(Buffers, BelowWhatWeAskForTellTheSysctl) {
  EXPECT_EQ(judge_buffers({true, true, kWantedBuffer, kWantedBuffer}).verdict, Finding::kOk);

  const Check check = judge_buffers({true, true, 212'992, kWantedBuffer});

  EXPECT_EQ(check.verdict, Finding::kWarn);
  EXPECT_NE(check.advice.find("net.core.rmem_max=4194304"), std::string::npos);
}

TEST(Throughput, OfASmallFileSaysNothingAboutTheWay) {
  EXPECT_EQ(judge_throughput({"a", 2'000'000, 10s, {}}).verdict, Finding::kWarn);
  EXPECT_EQ(judge_throughput({"a", 1'000, 900ms, {}}).verdict, Finding::kOk) << "a round trip";
  const Check drip = judge_throughput({"a", 6, 5s, {}});
  EXPECT_EQ(drip.verdict, Finding::kWarn);
  EXPECT_TRUE(drip.detail.starts_with("1 bytes/s: 6 bytes")) << drip.detail;
  EXPECT_NE(drip.advice, "");
  EXPECT_NEAR(judge_throughput({"a", 20'000'000, 2s, {}}).figure->value, 1e7, 1);
}

TEST(Throughput, OfAMissingFileIsNotFound) {
  const client::Error error{client::ErrorKind::kRefused, "FILE_NOT_FOUND", "no such file", "", ""};
  EXPECT_EQ(judge_throughput({"a", 0, 0s, error}).code, ExitCode::kNotFound);
}

}  // namespace
}  // namespace torq::app
