// SPDX-License-Identifier: MIT
#include "torq/wire/json_text.hpp"

#include <simdjson.h>

namespace torq::wire {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How a character is escaped: 0 not at all, 'u' as \u00XX, otherwise by this letter (RFC 8259 7).
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t control = 0; control < 0x20; ++control) escapes[control] = 'u';
  escapes['\b'] = 'b';
  escapes['\t'] = 't';
  escapes['\n'] = 'n';
  escapes['\f'] = 'f';
  escapes['\r'] = 'r';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}

constexpr std::array<char, 256> kEscapes = make_escapes();

void append_escape(std::string& out, unsigned char character, char escape) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '\\';
  out += escape;
  if (escape != 'u') return;
  out += "00";
  out += kHex[character >> 4];
  out += kHex[character & 0xf];
}

std::string_view skip_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return text.substr(count);
}

}  // namespace

JsonScalar bare_scalar(std::string_view token) {
  using Kind = JsonScalar::Kind;
  if (is_json_number(token)) return {Kind::kNumber, token};
  if (token == "null") return {Kind::kNull, token};
  if (token == "true" || token == "false") return {Kind::kBool, token};
  return {};
}

bool is_utf8(std::string_view text) {
  // Most texts are short and ASCII, for which simdjson's call costs more than the check.
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80 || simdjson::validate_utf8(text.data(), text.size());
}

bool is_json_number(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.empty() || !is_digit(token.front())) return false;
  token = token.front() == '0' ? token.substr(1) : skip_digits(token);
  if (token.starts_with('.')) {
    const std::string_view rest = skip_digits(token.substr(1));
    if (rest.size() + 1 == token.size()) return false;
    token = rest;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    const std::string_view rest = skip_digits(token);
    if (rest.size() == token.size()) return false;
    token = rest;
  }
  return token.empty();
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // what is not yet appended begins here
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto character = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[character];
    if (escape == 0) continue;
    out.append(text, plain, i - plain);
    append_escape(out, character, escape);
    plain = i + 1;
  }
  out.append(text, plain);
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

void append_capabilities(std::string& out, const CapabilitySet& capabilities) {
  bool first = true;
  for (const Capability capability : kAllCapabilities) {
    if (!capabilities.has(capability)) continue;
    if (!first) out += ',';
    first = false;
    append_json_text(out, name_of(capability));
  }
}

}  // namespace torq::wire
