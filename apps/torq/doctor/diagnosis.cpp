// SPDX-License-Identifier: MIT
#include "apps/torq/doctor/diagnosis.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/torq/command/failures.hpp"

namespace torq::app {
namespace {

using std::chrono::days;

constexpr std::uint32_t kVersion1 = 1;
constexpr days kSoon{14};
constexpr double kSlowMilliseconds = 300;
constexpr double kBearableLossPercent = 1;
constexpr std::size_t kFullDatagram = 1452;        // as far as torq's path MTU discovery goes (quic/native.hpp)
constexpr double kSlowBytesPerSecond = 1'000'000;  // less than any access line of today

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string firewall_advice(std::uint16_t port) {
  return fmt::format(
      "check that the server runs and listens there; let UDP through: `nft add rule inet filter input udp dport {0} "
      "accept`, `ufw allow {0}/udp` or `firewall-cmd --add-port={0}/udp` on the server, and the same port in its "
      "provider's firewall",
      port);
}

Check ok(std::string name, std::string detail) { return {std::move(name), Finding::kOk, std::move(detail)}; }
Check warn(std::string name, std::string detail, std::string advice) {
  return {std::move(name), Finding::kWarn, std::move(detail), std::move(advice)};
}
Check fail(std::string name, ExitCode code, std::string detail, std::string advice) {
  return {std::move(name), Finding::kFail, std::move(detail), std::move(advice), {}, code};
}
Check skip(std::string name, std::string detail) { return {std::move(name), Finding::kSkip, std::move(detail)}; }

Check with(Figure figure, Check check) {
  check.figure = std::move(figure);
  return check;
}

std::string date(std::chrono::sys_seconds at) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(at.time_since_epoch().count()));
}

bool lacks_alpn(const quic::CloseReason& reason) { return reason.code == quic::kNoApplicationProtocol; }

}  // namespace

bool Encounter::answers() const {
  return connects() || echo.answered() > 0 || (trial.end.kind != quic::CloseKind::kHandshakeTimeout && !echo.refused);
}

Check judge_name(const std::string& host, std::span<const SocketAddress> addresses, const std::string& error) {
  if (addresses.empty()) {
    return fail("name", ExitCode::kNetwork, host + " does not resolve: " + error,
                "check its spelling, the network and the name servers (`getent ahosts " + host + "`)");
  }
  std::vector<std::string> texts;
  for (const SocketAddress& address : addresses) texts.push_back(to_string(address.ip));
  const auto is_v6 = [](const SocketAddress& address) { return address.ip.family() == Family::kIpv6; };
  const auto v6 = std::ranges::count_if(addresses, is_v6);
  const auto v4 = static_cast<std::ptrdiff_t>(addresses.size()) - v6;
  const char* families = v6 == 0 ? "IPv4 only" : v4 == 0 ? "IPv6 only" : "both families";
  return ok("name", fmt::format("{}: {} ({})", host, fmt::join(texts, ", "), families));
}

Check judge_udp(const Encounter& encounter, bool others_work) {
  const std::string where = to_string(encounter.address);
  if (encounter.answers()) return ok("udp", where + " answers");
  std::string detail = where + ": nothing comes back";
  std::string advice = firewall_advice(encounter.address.port);
  if (encounter.echo.refused == std::errc::connection_refused) {
    detail = where + ": nothing listens on this port";
    advice = "start the server, or check the port and the address that it listens on (--listen)";
  } else if (encounter.echo.refused) {
    detail = where + ": no way from here: " + encounter.echo.refused.message();
    advice = "this machine's network has no route there; another family may have";
  }
  if (others_work) return warn("udp", detail, "clients use the server's other addresses; " + advice);
  return fail("udp", ExitCode::kNetwork, detail, advice);
}

Check judge_versions(const Encounter& encounter) {
  const auto& versions = encounter.echo.versions;
  if (versions.empty()) {
    if (encounter.connects()) return ok("versions", "version 1; the server does not list others");
    return skip("versions", "the server does not list them");
  }
  std::vector<std::string> texts;
  for (const std::uint32_t version : versions)
    texts.push_back(version < 16 ? fmt::format("{}", version) : fmt::format("{:#010x}", version));
  const std::string detail = fmt::format("the server speaks QUIC version {}", fmt::join(texts, ", "));
  if (std::ranges::find(versions, kVersion1) != versions.end()) return ok("versions", detail);
  return fail("versions", ExitCode::kNetwork, detail, "torq speaks version 1 (RFC 9000): the server needs an update");
}

Check judge_handshake(const Encounter& encounter) {
  if (!encounter.connects()) {
    const auto& end = encounter.trial.end;
    const std::string detail =
        end.kind == quic::CloseKind::kHandshakeTimeout ? "it does not end" : "it fails: " + client::tame(end.text);
    return fail("handshake", ExitCode::kNetwork, detail,
                "datagrams come back, QUIC does not get through: check that the port is a torq server's, and its log");
  }
  const double took = milliseconds(*encounter.trial.took);
  const Figure figure{took, "ms"};
  if (took < 1000) return with(figure, ok("handshake", fmt::format("done after {:.1f} ms", took)));
  return with(figure, warn("handshake", fmt::format("done after {:.0f} ms", took),
                           "first packets were lost, or the server is overloaded: see loss and round trip"));
}

Check judge_alpn(const Encounter& encounter) {
  if (encounter.connects()) return ok("alpn", "h3");
  if (!lacks_alpn(encounter.trial.end)) return skip("alpn", "the handshake does not get so far");
  return fail("alpn", ExitCode::kNetwork, "the server does not offer h3",
              "another program's port? torq and servers of its protocol accept the ALPN token h3");
}

Check judge_certificate(const std::optional<quic::CertificateFacts>& facts, std::chrono::sys_seconds now) {
  if (!facts) return skip("certificate", "none has come");
  std::vector<std::string> names;
  for (const std::string& name : facts->names) names.push_back(client::tame(name, 80));
  const std::string issuer = facts->self_issued ? "self-signed" : "issued by " + client::tame(facts->issuer, 120);
  const std::string detail = fmt::format("for {}; {}; valid from {} to {}; pin {}",
                                         names.empty() ? "no name" : fmt::format("{}", fmt::join(names, ", ")), issuer,
                                         date(facts->not_before), date(facts->not_after), facts->pin);
  const double left = std::chrono::duration<double, days::period>(facts->not_after - now).count();
  const Figure figure{left, "days"};
  if (now < facts->not_before) {
    return with(figure, warn("certificate", "not valid yet: " + detail, "check the clocks here and on the server"));
  }
  if (now > facts->not_after) {
    return with(figure,
                warn("certificate", "expired: " + detail, "renew it on the server, and send SIGHUP to torq serve"));
  }
  if (facts->not_after - now < kSoon) {
    return with(figure,
                warn("certificate", "ends soon: " + detail, "renew it on the server, and send SIGHUP to torq serve"));
  }
  return with(figure, ok("certificate", detail));
}

Check judge_trust(const std::string& setting, const std::optional<client::Error>& refusal) {
  if (refusal) return fail("trust", ExitCode::kTrustRefused, refusal->message, refusal->advice);
  if (setting == "--insecure") {
    return warn("trust", "whoever answers is believed (--insecure)", "use --pin or --ca where it matters who answers");
  }
  return ok("trust", "accepted under " + setting);
}

Check judge_capabilities(const Result<wire::CapabilityReply, client::Error>& reply) {
  if (reply) {
    std::vector<std::string_view> names;
    for (const auto capability : wire::kAllCapabilities) {
      if (reply->capabilities.has(capability)) names.push_back(wire::name_of(capability));
    }
    return ok("capabilities", fmt::format("{}", fmt::join(names, ", ")));
  }
  const client::Error& error = reply.error();
  if (error.kind == client::ErrorKind::kRefused) {
    return warn("capabilities", "none: the server has no extensions",
                "announce and get work; files come as lists of numbers, some four times their size");
  }
  return fail("capabilities", exit_code_of(error), error.message, error.advice);
}

Check judge_round_trip(const EchoReport& echo) {
  const auto median = echo.median();
  if (!median) return skip("round-trip", "no probe was answered");
  const double took = milliseconds(*median);
  const Figure figure{took, "ms"};
  if (took < kSlowMilliseconds) return with(figure, ok("round-trip", fmt::format("{:.1f} ms", took)));
  return with(figure, warn("round-trip", fmt::format("{:.0f} ms", took),
                           "far away, or queues on the way are full: fetch many files at once, over one connection"));
}

Check judge_loss(const EchoReport& echo) {
  if (echo.answered() == 0) return skip("loss", "no probe was answered");
  const auto lost = echo.echoes.size() - echo.answered();
  const double percent = 100.0 * static_cast<double>(lost) / static_cast<double>(echo.echoes.size());
  const Figure figure{percent, "percent"};
  const std::string detail = fmt::format("{} of {} probes were not answered", lost, echo.echoes.size());
  if (percent <= kBearableLossPercent) return with(figure, ok("loss", detail));
  return with(figure, warn("loss", detail,
                           "a busy or wireless link, or a server that limits such answers: try again by cable"));
}

Check judge_mtu(const EchoReport& echo) {
  const auto largest = echo.largest();
  if (!largest) return skip("mtu", "no probe was answered");
  const Figure figure{static_cast<double>(*largest), "bytes"};
  const std::string detail = fmt::format("datagrams of {} bytes get there", *largest);
  if (*largest >= kFullDatagram) return with(figure, ok("mtu", detail));
  return with(figure, warn("mtu", detail + fmt::format(", not those of {}", kFullDatagram),
                           "a tunnel (VPN, PPPoE) is on the way: it works, a little slower"));
}

Check judge_gso(const UdpOffload& offload) {
  if (offload.gso) return ok("gso", "here, many datagrams leave by one call");
  return warn("gso", "this kernel sends datagrams one by one", "use Linux 4.18 or later");
}

Check judge_gro(const UdpOffload& offload) {
  if (offload.gro) return ok("gro", "here, many datagrams arrive by one call");
  return warn("gro", "this kernel hands over datagrams one by one", "use Linux 5.0 or later");
}

Check judge_buffers(const UdpOffload& offload) {
  const auto least = std::min(offload.receive_buffer, offload.send_buffer);
  const Figure figure{static_cast<double>(least), "bytes"};
  const std::string detail = fmt::format("here, a socket gets {} bytes to receive and {} to send",
                                         offload.receive_buffer, offload.send_buffer);
  if (least >= kWantedBuffer) return with(figure, ok("buffers", detail));
  return with(figure, warn("buffers", detail + fmt::format(" of {}", kWantedBuffer),
                           fmt::format("`sysctl -w net.core.rmem_max={0} net.core.wmem_max={0}`, here and on the "
                                       "server; in /etc/sysctl.d to keep it",
                                       kWantedBuffer)));
}

Check judge_throughput(const Download& download) {
  const std::string file = client::tame(download.file);
  if (download.error) {
    return fail("throughput", exit_code_of(*download.error), file + ": " + download.error->message,
                download.error->advice);
  }
  const double seconds = std::max(download.took.count(), 1e-6);
  const double rate = static_cast<double>(download.bytes) / seconds;
  const Figure figure{rate, "bytes/s"};
  const std::string per_second =
      rate < kSlowBytesPerSecond / 10 ? fmt::format("{:.0f} bytes/s", rate) : fmt::format("{:.1f} MB/s", rate / 1e6);
  const std::string detail = fmt::format("{}: {} bytes of {} in {:.2f} s", per_second, download.bytes, file, seconds);
  constexpr std::uint64_t kTelling = 1'000'000;  // a smaller file measures the round trip,
  constexpr double kManyRoundTrips = 1;          // which takes no second
  const bool is_quick = download.bytes < kTelling && seconds < kManyRoundTrips;
  if (rate >= kSlowBytesPerSecond || is_quick) return with(figure, ok("throughput", detail));
  return with(figure, warn("throughput", detail,
                           "see loss, round trip, buffers and capabilities above; where they are fine the server is "
                           "slow: `torq status` on its machine, and its log, may say why"));
}

}  // namespace torq::app
