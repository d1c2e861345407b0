// SPDX-License-Identifier: MIT
#include "apps/torq/state/identity.hpp"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>

#include "torq/files/small_file.hpp"
#include "torq/quic/certificate.hpp"

namespace torq::app {
namespace {

using files::Mode;

/// A chain of many certificates is tens of KiB.
constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20;

Result<std::string, std::string> read_pem(const std::string& path) {
  auto text = files::read_file(path, kMaxPemBytes);
  if (!text) return Failure(to_string(text.error()));
  return *std::move(text);
}

/// Nothing when there is no such file.
Result<std::optional<std::string>, std::string> read_pem_if_there(const std::string& path) {
  auto text = files::read_file(path, kMaxPemBytes);
  if (text) return *std::move(text);
  if (text.error().code == std::errc::no_such_file_or_directory) return std::nullopt;
  return Failure(to_string(text.error()));
}

Result<void, std::string> write_pem(const std::string& path, const std::string& pem, Mode mode) {
  if (const auto written = files::write_file(path, pem, mode); !written) return Failure(to_string(written.error()));
  return {};
}

/// A group may be meant (Debian's ssl-cert); everybody never is.
std::optional<std::string> exposure_of(const std::string& key_path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(key_path, ignored);
  const bool is_open = (status.permissions() & std::filesystem::perms::others_all) != std::filesystem::perms::none;
  if (!std::filesystem::is_regular_file(status) || !is_open) return std::nullopt;
  return "the key " + key_path + " is open to every user of this machine; close it with: chmod o= " + key_path;
}

std::string day_of(std::chrono::sys_seconds at) {
  const std::chrono::year_month_day day = std::chrono::floor<std::chrono::days>(at);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

/// What makes clients refuse it, unless they hold the pin.
std::vector<std::string> faults_of(const std::string& cert_path, const quic::CertificatePromise& facts,
                                   std::chrono::sys_seconds now) {
  std::vector<std::string> faults;
  const auto add = [&](const std::string& what, const std::string& remedy) {
    faults.push_back(
        fmt::format("the certificate {} {}: clients refuse it, unless they pin its key; {}", cert_path, what, remedy));
  };
  const std::string renew = "put a new one there and send SIGHUP";
  if (now > facts.not_after) add("expired on " + day_of(facts.not_after), renew);
  if (now < facts.not_before) {
    add("is not valid before " + day_of(facts.not_before), "set this machine's clock, or " + renew);
  }
  if (!facts.is_for_servers) add("is not for servers", "have one issued with the extended key usage serverAuth");
  return faults;
}

Result<ServerIdentity, std::string> checked(std::string cert_pem, std::string key_pem, const std::string& cert_path,
                                            const std::string& key_path, std::chrono::sys_seconds now) {
  const auto fault = quic::check_pair(cert_pem, key_pem);
  if (fault) return Failure("certificate " + cert_path + " and key " + key_path + ": " + *fault);
  std::string pin = quic::spki_pin(cert_pem).value();
  std::vector<std::string> warnings = faults_of(cert_path, quic::read_promise(cert_pem).value(), now);
  if (auto exposure = exposure_of(key_path)) warnings.push_back(*std::move(exposure));
  return ServerIdentity{std::move(cert_pem), std::move(key_pem), std::move(pin), std::move(warnings)};
}

}  // namespace

Result<ServerIdentity, std::string> read_identity(const std::string& cert_path, const std::string& key_path,
                                                  std::chrono::sys_seconds now) {
  auto cert_pem = read_pem(cert_path);
  if (!cert_pem) return Failure("certificate: " + cert_pem.error());
  auto key_pem = read_pem(key_path);
  if (!key_pem) return Failure(std::string(kKeyFault) + key_pem.error());
  return checked(*std::move(cert_pem), *std::move(key_pem), cert_path, key_path, now);
}

namespace {

quic::CertificateTerms terms_of(const MachineNames& machine, std::chrono::sys_seconds now) {
  return {machine.names, machine.ips, now - std::chrono::days(1), now + std::chrono::years(10)};
}

/// The key first: after a crash between the two it is there alone, and gets its certificate at the next start.
Result<void, std::string> make_identity(const std::string& cert_path, const std::string& key_path,
                                        const quic::CertificateTerms& terms) {
  const auto pair = quic::make_self_signed(quic::KeyKind::kEcdsaP256, terms);
  if (!pair) return Failure("making a certificate: " + pair.error());
  if (auto written = write_pem(key_path, pair->key_pem, Mode::kPrivate); !written) return written;
  return write_pem(cert_path, pair->cert_pem, Mode::kShared);
}

Result<void, std::string> renew_certificate(const std::string& cert_path, const std::string& key_path,
                                            const std::string& key_pem, const quic::CertificateTerms& terms) {
  const auto cert_pem = quic::self_sign(key_pem, terms);
  if (!cert_pem) return Failure("making a certificate for " + key_path + ": " + cert_pem.error());
  return write_pem(cert_path, *cert_pem, Mode::kShared);
}

/// Ours to renew: nobody else has signed it. What does not belong to the key is left for check_pair to complain of.
bool is_due(const std::string& cert_pem, const std::string& key_pem, std::chrono::sys_seconds now) {
  constexpr auto kRenewBefore = std::chrono::days(30);
  const auto promise = quic::read_promise(cert_pem);
  return promise && promise->is_self_signed && (now > promise->not_after - kRenewBefore || now < promise->not_before) &&
         !quic::check_pair(cert_pem, key_pem);
}

Result<ServerIdentity, std::string> kept_identity(const StateDirectory& state, const quic::CertificateTerms& terms,
                                                  std::chrono::sys_seconds now) {
  const std::string cert_path = state.file("cert.pem");
  const std::string key_path = state.file("key.pem");
  const auto cert_pem = read_pem_if_there(cert_path);
  if (!cert_pem) return Failure(cert_pem.error());
  const auto key_pem = read_pem_if_there(key_path);
  if (!key_pem) return Failure(key_pem.error());
  if (*cert_pem && !*key_pem) {
    return Failure(key_path + " is missing beside cert.pem: restore it, or remove cert.pem to give this server a new " +
                   "identity, whose pin its clients must learn");
  }
  Result<void, std::string> done;
  if (!*key_pem) done = make_identity(cert_path, key_path, terms);
  const bool is_renewal = *key_pem && *cert_pem && is_due(**cert_pem, **key_pem, now);
  if (*key_pem && (!*cert_pem || is_renewal)) done = renew_certificate(cert_path, key_path, **key_pem, terms);
  if (!done && !is_renewal) return Failure(done.error());
  auto identity = read_identity(cert_path, key_path, now);
  if (!done && identity) identity->warnings.push_back("the certificate could not be renewed: " + done.error());
  return identity;
}

bool is_host_name(std::string_view text) {
  constexpr std::size_t kLongestName = 253;  // RFC 1035 2.3.4, as text
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  return !text.empty() && text.size() <= kLongestName && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address != nullptr && address->sa_family == AF_INET) {
    std::array<std::byte, 4> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (address != nullptr && address->sa_family == AF_INET6) {
    std::array<std::byte, 16> bytes;
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return std::nullopt;
}

template <class T>
void add_once(std::vector<T>& all, const T& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

}  // namespace

MachineNames read_machine_names() {
  // 18 bytes each at most. With the rest of the certificate under 1.2 KB; a first flight may have 3.6 KB.
  constexpr std::size_t kMaxAddresses = 32;
  MachineNames machine{{"localhost"}, {*parse_ip("127.0.0.1"), *parse_ip("::1")}};
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0 && is_host_name(name.data())) {
    add_once(machine.names, std::string(name.data()));
  }
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return machine;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(first, &::freeifaddrs);
  for (const ifaddrs* it = first; it != nullptr && machine.ips.size() < kMaxAddresses; it = it->ifa_next) {
    if (const auto ip = address_of(it->ifa_addr)) add_once(machine.ips, *ip);
  }
  return machine;
}

Result<ServerIdentity, std::string> load_identity(const IdentityFiles& files, const StateDirectory& state,
                                                  std::chrono::sys_seconds now, const MachineNames& machine) {
  if (files.cert.has_value() != files.key.has_value()) {
    return Failure<std::string>("--cert and --key go together: one of them is missing");
  }
  if (files.cert) return read_identity(*files.cert, *files.key, now);
  return kept_identity(state, terms_of(machine, now), now);
}

}  // namespace torq::app
