// SPDX-License-Identifier: MIT
#pragma once
// What measurements of a server, of the way to it and of this machine mean: a verdict, a figure, what to do. Pure;
// `torq doctor` measures and prints.

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "apps/torq/command/verb.hpp"
#include "apps/torq/doctor/trial.hpp"
#include "apps/torq/doctor/udp_echo.hpp"
#include "apps/torq/doctor/udp_offload.hpp"
#include "torq/client/error.hpp"
#include "torq/wire/messages.hpp"

namespace torq::app {

/// kSkip: what it needs is missing, so nothing was found out.
enum class Finding : std::uint8_t { kOk, kWarn, kFail, kSkip };

struct Figure {
  double value = 0;
  std::string unit;
};

struct Check {
  std::string name;
  Finding verdict = Finding::kOk;
  std::string detail;
  std::string advice = {};  ///< what to do; empty when there is nothing to do
  std::optional<Figure> figure = {};
  ExitCode code = ExitCode::kOk;  ///< of a kFail
};

/// One of a server's addresses, as it was met.
struct Encounter {
  SocketAddress address;
  EchoReport echo;
  Trial trial;

  bool answers() const;
  bool connects() const { return trial.took.has_value(); }
};

/// `error`: the resolver's; empty when there are addresses.
Check judge_name(const std::string& host, std::span<const SocketAddress> addresses, const std::string& error);
/// `others_work`: clients use another address then, so this one costs time only.
Check judge_udp(const Encounter& encounter, bool others_work);
Check judge_versions(const Encounter& encounter);
Check judge_handshake(const Encounter& encounter);
Check judge_alpn(const Encounter& encounter);
Check judge_certificate(const std::optional<quic::CertificateFacts>& facts, std::chrono::sys_seconds now);
/// `setting`: "--pin"… `refusal`: what the client made of the server's certificate under it.
Check judge_trust(const std::string& setting, const std::optional<client::Error>& refusal);
Check judge_capabilities(const Result<wire::CapabilityReply, client::Error>& reply);
Check judge_round_trip(const EchoReport& echo);
Check judge_loss(const EchoReport& echo);
Check judge_mtu(const EchoReport& echo);
Check judge_gso(const UdpOffload& offload);
Check judge_gro(const UdpOffload& offload);
Check judge_buffers(const UdpOffload& offload);

struct Download {
  std::string file;
  std::uint64_t bytes = 0;
  std::chrono::duration<double> took{};  ///< from the request to the last byte
  std::optional<client::Error> error;    ///< nothing as well when enough had come
};
Check judge_throughput(const Download& download);

}  // namespace torq::app
