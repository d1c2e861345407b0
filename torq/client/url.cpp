// SPDX-License-Identifier: MIT
#include "torq/client/url.hpp"

#include <algorithm>
#include <array>

#include "torq/base/hex.hpp"
#include "torq/client/authority.hpp"
#include "torq/client/pin.hpp"
#include "torq/files/file_name.hpp"

namespace torq::client {
namespace {

constexpr std::string_view kScheme = "quic://";
constexpr std::size_t kLongestPath = 32768;  // of a request, of which a server takes 64 KiB

using Step = Result<void, std::string>;

Failure<std::string> wrong(std::string text) { return Failure(std::move(text)); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Step check_scheme(std::string_view text) {
  if (equal_ignoring_case(text.substr(0, kScheme.size()), kScheme)) return {};
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return wrong("it must begin with quic://, for example quic://tracker.example");
  return wrong("the scheme is " + std::string(text.substr(0, colon)) + ", torq speaks quic://");
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
  const auto split = split_url(text, kScheme);
  if (!split) return wrong(split.error());
  const Tail tail = split_tail(split->rest);
  auto path = decode_path(tail.path);
  if (!path) return wrong(path.error());
  auto pin = parse_query(tail);
  if (!pin) return wrong(pin.error());
  return Url{split->authority.host, split->authority.port.value_or(kDefaultPort), std::move(*path), std::move(*pin)};
}

std::string to_string(const Url& url) {
  std::string text = std::string(kScheme) + bracketed(url.host);
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
