// SPDX-License-Identifier: MIT
#include "torq/client/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "torq/base/address.hpp"
#include "torq/base/hex.hpp"
#include "torq/client/pin.hpp"
#include "torq/files/file_name.hpp"

namespace torq::client {
namespace {

constexpr std::string_view kScheme = "quic://";
constexpr std::size_t kLongestHost = 253;    // RFC 1035 3.1, as text
constexpr std::size_t kLongestPath = 32768;  // of a request, of which a server takes 64 KiB

using Step = Result<void, std::string>;

Failure<std::string> wrong(std::string text) { return Failure(std::move(text)); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Step check_scheme(std::string_view text) {
  if (equal_ignoring_case(text.substr(0, kScheme.size()), kScheme)) return {};
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("it must begin with quic://, for example quic://tracker.example");
  return wrong("the scheme is " + std::string(text.substr(0, colon)) + ", torq speaks quic://");
}

Result<std::string, std::string> parse_name(std::string_view host) {
  if (host.empty()) return wrong("the host is missing after quic://");
  if (host.size() > kLongestHost) return wrong("the host has more than 253 characters");
  const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; };
  const auto bad = std::ranges::find_if_not(host, allowed);
  if (bad == host.end()) return std::string(host);
  if (*bad == '@') return wrong("a user name has no meaning here: leave out what stands before the @");
  if (static_cast<unsigned char>(*bad) >= 0x80) {
    return wrong("the host is not ASCII: write an internationalised name in its xn-- form");
  }
  return wrong("the host has a character that no host name has");
}

Result<std::uint16_t, std::string> parse_port(std::string_view digits) {
  if (digits.empty()) return kDefaultPort;  // RFC 3986 3.2.3: "host:" is "host"
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) {
    return wrong("the port must be a number from 1 to 65535");
  }
  return port;
}

struct Authority {
  std::string_view host;  // an IP literal has lost its brackets
  std::string_view port;
  bool bracketed = false;
};

Result<Authority, std::string> split_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong("the bracket before the IPv6 address is not closed");
    const std::string_view after = text.substr(close + 1);
    if (!after.empty() && after[0] != ':') return wrong("after ] there can only be a port or a path");
    return Authority{text.substr(1, close - 1), after.empty() ? after : after.substr(1), true};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Authority{text, {}};
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets, for example quic://[::1]:7001");
  }
  return Authority{text.substr(0, colon), text.substr(colon + 1)};
}

Result<std::string, std::string> parse_host(const Authority& authority) {
  if (!authority.bracketed) return parse_name(authority.host);
  const bool is_v6 = authority.host.find(':') != std::string_view::npos;
  if (!is_v6 || !parse_ip(authority.host)) return wrong("between the brackets there is no IPv6 address");
  return std::string(authority.host);
}

Result<std::string, std::string> decode_path(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) return wrong("the path has a control character: write it as %XX");
    if (text[i] == '#') return wrong("a fragment has no meaning here: write a # that belongs to a name as %23");
    if (text[i] != '%') {
      path += text[i];
      continue;
    }
    std::array<std::byte, 1> byte{};
    if (!from_hex(text.substr(i + 1, 2), byte)) return wrong("after % there must be two hexadecimal digits");
    path += static_cast<char>(byte[0]);
    i += 2;
  }
  if (path.size() > kLongestPath) return wrong("the path is longer than any request");
  if (!files::is_utf8(path)) return wrong("the path is not UTF-8");
  return path;
}

// Of `tail`, what follows the host and the port.
struct Tail {
  std::string_view path;   // without its first slash
  std::string_view query;  // without its question mark
  bool has_query = false;
};

Tail split_tail(std::string_view tail) {
  if (tail.starts_with('/')) tail.remove_prefix(1);
  const std::size_t mark = tail.find_first_of("?#");
  if (mark == std::string_view::npos || tail[mark] == '#') return {tail, {}, false};
  return {tail.substr(0, mark), tail.substr(mark + 1), true};
}

// Refuses what it does not know: a misspelt pin must not pass for none.
Result<std::string, std::string> parse_query(const Tail& tail) {
  constexpr std::string_view kPin = "pin=";
  if (!tail.has_query) return std::string();
  if (!tail.query.starts_with(kPin)) {
    return wrong("after ? there can only be pin=sha256:…: write a ? that belongs to a name as %3F");
  }
  if (tail.query.find('&') != std::string_view::npos) return wrong("after ? there can be one pin, and nothing else");
  return parse_pin(tail.query.substr(kPin.size()));
}

bool stands_for_itself(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

}  // namespace

Result<Url, std::string> parse_url(std::string_view text) {
  if (const Step scheme = check_scheme(text); !scheme) return wrong(scheme.error());
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const auto authority = split_authority(rest.substr(0, end));
  if (!authority) return wrong(authority.error());
  auto host = parse_host(*authority);
  if (!host) return wrong(host.error());
  const auto port = parse_port(authority->port);
  if (!port) return wrong(port.error());
  const Tail tail = split_tail(rest.substr(end));
  auto path = decode_path(tail.path);
  if (!path) return wrong(path.error());
  auto pin = parse_query(tail);
  if (!pin) return wrong(pin.error());
  return Url{std::move(*host), *port, std::move(*path), std::move(*pin)};
}

std::string to_string(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  std::string text(kScheme);
  text += is_v6 ? "[" + url.host + "]" : url.host;
  if (url.port != kDefaultPort) text += ":" + std::to_string(url.port);
  if (!url.path.empty()) text += '/';
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : url.path) {
    if (stands_for_itself(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  if (!url.pin.empty()) text += "?pin=" + url.pin;
  return text;
}

}  // namespace torq::client
