// SPDX-License-Identifier: MIT
#include "torq/client/authority.hpp"

#include <algorithm>
#include <charconv>

#include "torq/base/address.hpp"

namespace torq::client {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035 3.1, as text

Failure<std::string> wrong_authority(std::string text) { return Failure(std::move(text)); }

Result<std::string, std::string> parse_name(std::string_view host, std::string_view scheme) {
  if (host.empty()) return wrong_authority("the host is missing after " + std::string(scheme));
  if (host.size() > kLongestHost) return wrong_authority("the host has more than 253 characters");
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; };
  const auto bad = std::ranges::find_if_not(host, allowed);
  if (bad == host.end()) return std::string(host);
  if (*bad == '@') return wrong_authority("a user name has no meaning here: leave out what stands before the @");
  if (static_cast<unsigned char>(*bad) >= 0x80) {
    return wrong_authority("the host is not ASCII: write an internationalised name in its xn-- form");
  }
  return wrong_authority("the host has a character that no host name has");
}

Result<std::optional<std::uint16_t>, std::string> parse_port(std::string_view digits) {
  if (digits.empty()) return std::optional<std::uint16_t>();  // RFC 3986 3.2.3: "host:" is "host"
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return wrong_authority("the port must be a number from 1 to 65535");
  }
  return std::optional(port);
}

struct Pieces {
  std::string_view host;  // an IP literal has lost its brackets
  std::string_view port;
  bool bracketed = false;
};

Result<Pieces, std::string> split_authority(std::string_view text, std::string_view scheme) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong_authority("the bracket before the IPv6 address is not closed");
    const std::string_view after = text.substr(close + 1);
    if (!after.empty() && after[0] != ':') return wrong_authority("after ] there can only be a port or a path");
    return Pieces{text.substr(1, close - 1), after.empty() ? after : after.substr(1), true};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Pieces{text, {}};
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return wrong_authority("an IPv6 address stands in brackets, for example " + std::string(scheme) + "[::1]:7001");
  }
  return Pieces{text.substr(0, colon), text.substr(colon + 1)};
}

Result<std::string, std::string> parse_host(const Pieces& pieces, std::string_view scheme) {
  if (!pieces.bracketed) return parse_name(pieces.host, scheme);
  const bool is_v6 = pieces.host.find(':') != std::string_view::npos;
  if (!is_v6 || !parse_ip(pieces.host)) return wrong_authority("between the brackets there is no IPv6 address");
  return std::string(pieces.host);
}

}  // namespace

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Result<SplitUrl, std::string> split_url(std::string_view text, std::string_view scheme) {
  const std::string_view behind = text.substr(scheme.size());
  const std::size_t end = std::min(behind.find_first_of("/?#"), behind.size());
  const auto pieces = split_authority(behind.substr(0, end), scheme);
  if (!pieces) return wrong_authority(pieces.error());
  auto host = parse_host(*pieces, scheme);
  if (!host) return wrong_authority(host.error());
  const auto port = parse_port(pieces->port);
  if (!port) return wrong_authority(port.error());
  return SplitUrl{{std::move(*host), *port}, behind.substr(end)};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string bracketed(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace torq::client
